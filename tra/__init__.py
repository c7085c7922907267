"""The roof: reads the settings and puts the services together."""
