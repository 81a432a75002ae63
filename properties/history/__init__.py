"""What a group communication system was seen to do, and whether it kept its promises."""
