"""HTTP middleware: routing, access control, limits, one error shape, logs, traces, shutdown."""
