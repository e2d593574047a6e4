"""One file a subject; each declares its routes in a `Screens` named `screens`, which `app.all_routes` finds."""
