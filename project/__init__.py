"""The site: settings, URLs, server entry, jobs, and what no single app owns."""
