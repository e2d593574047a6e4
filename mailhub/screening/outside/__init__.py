"""What is somebody outside to one of ours? A private address of an official, a correspondent, named in the paper."""
