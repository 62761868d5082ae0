"""The pages that warehouse staff see, and the parts they are made of. Only this folder and app.py import streamlit."""
