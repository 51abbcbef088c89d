"""The live model: found in the registry or a folder, loaded, checked, replaced."""
