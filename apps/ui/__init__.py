"""The Streamlit pages, and the command that serves them."""
