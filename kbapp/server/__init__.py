"""The local model server: OpenAI-compatible routes over the engines of one machine. It stands beside the workbench, not under it."""
