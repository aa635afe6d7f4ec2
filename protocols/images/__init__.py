"""Image files of any kind the field uses -> one grey picture with what its header says, or a reason why not."""
