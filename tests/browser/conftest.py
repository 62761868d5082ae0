"""One Chromium for all browser tests: two at once would need two event loops."""

import pytest

from tests.browser.serving import CHROMIUM, launched


@pytest.fixture(scope="session")
def browser():
    assert CHROMIUM, "CI needs Chromium (on Debian: apt-get install chromium)"
    with launched() as browser:
        yield browser
