"""What a node keeps on a disk, for itself or for who reads what it did; and why it stops when the disk refuses."""
