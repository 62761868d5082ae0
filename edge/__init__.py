"""The run time: from a photo's bytes to an answer. No torch, no streamlit, no network."""
