"""A copy of a folder of images with the long side resized: by many processes, resumable, the source never touched."""
