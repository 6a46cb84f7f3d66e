"""Before any test: what the workbench sets before it imports Gradio, because some of it is read once, at that import."""

import os

os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "GRADIO_ANALYTICS_ENABLED": "False"})
