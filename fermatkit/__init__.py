"""What both programs need and what knows neither."""
