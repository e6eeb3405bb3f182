"""The packets, one family in one file; each is its layout, its fields and two doctests."""
