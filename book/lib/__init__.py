"""Code that more than one chapter needs; each chapter that uses it says where it was developed."""
