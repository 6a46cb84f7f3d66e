"""The Gradio theme: system fonts only (nothing is fetched), the workbench's accent, tight spacing."""


def workbench_theme():
    import gradio as gr

    accent = gr.themes.Color(
        "#eef5f8", "#dcecf2", "#b9d8e4", "#8fbfd1", "#5d9fb8", "#2f86a6", "#1d6a86", "#18586f", "#134659", "#0f3645", "#0a2530"
    )
    return gr.themes.Base(
        primary_hue=accent,
        secondary_hue=accent,
        neutral_hue="slate",
        spacing_size="sm",
        radius_size="sm",
        text_size="md",
        font=["system-ui", "Segoe UI", "DejaVu Sans", "sans-serif"],
        font_mono=["ui-monospace", "DejaVu Sans Mono", "monospace"],
    ).set(
        button_primary_background_fill="#1d6a86",
        button_primary_background_fill_hover="#18586f",
        button_primary_text_color="#ffffff",
        button_primary_background_fill_dark="#2a7a98",
        body_background_fill="#f5f7f9",
        body_background_fill_dark="#12181e",
        block_background_fill_dark="#1a222a",
        body_text_color_subdued="#56636f",
        body_text_color_subdued_dark="#a3b1be",
    )
