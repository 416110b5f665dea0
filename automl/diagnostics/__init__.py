"""What a report draws of judged rows: curves, tables of money, weak spots, what matters."""
