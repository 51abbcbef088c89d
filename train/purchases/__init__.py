"""Training on transactions: snapshots, both models, holdout, backtest."""
