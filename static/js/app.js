// What htmx leaves to the page. Works with the events of htmx 2 and of htmx 4.
