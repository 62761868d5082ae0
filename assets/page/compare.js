// Two versions of a photo on top of one another with a line to move: by the slider under it, by keys, or by a finger on the photo.
export default function ({ data, parentElement }) {
  const find = (selector) => parentElement.querySelector(selector);
  const stage = find(".stage"), slider = find("input");
  const [width, height] = data.size;
  stage.style.aspectRatio = `${width} / ${height}`;
  stage.style.width = `min(100%, calc(62vh * ${width / height}))`;
  find(".before").src = data.before;
  find(".after").src = data.after;
  find(".after").alt = data.words.picture;
  find("span").textContent = data.words.slider;

  const draw = () => {
    find(".before").style.clipPath = `inset(0 ${100 - slider.value}% 0 0)`;
    find("i").style.left = `${slider.value}%`;
  };
  const follow = (event) => {
    const box = stage.getBoundingClientRect();
    slider.value = Math.round((100 * (event.clientX - box.left)) / box.width);
    draw();
  };
  slider.oninput = draw;
  stage.onpointerdown = (event) => {
    try { stage.setPointerCapture(event.pointerId); } catch { /* a pointer that is gone already */ }
    follow(event);
  };
  stage.onpointermove = (event) => { if (event.buttons) follow(event); };
  draw();
}
