"""The console pages, class by class; apps.ui.pages gathers them."""
