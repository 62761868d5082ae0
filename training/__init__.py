"""Offline training of the models in assets/models, with PyTorch. Nothing at run time imports this package."""
