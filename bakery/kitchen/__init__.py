"""The kitchen's wall screen."""
