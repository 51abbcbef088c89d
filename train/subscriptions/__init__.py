"""Training on subscribers: months, the churn model, holdout, backtest."""
