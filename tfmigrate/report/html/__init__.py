"""A migration as one page that needs nothing else: no network, no server. `page.render` makes it."""
