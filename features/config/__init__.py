"""The configuration of a business problem: one TOML file, validated, frozen."""
