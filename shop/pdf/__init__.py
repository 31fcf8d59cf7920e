"""Drawing text and shapes on the pages of a PDF; what a document shows is the apps'."""
