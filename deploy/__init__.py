"""What puts Feira onto machines: the local stack, images, jobs, the demo."""
