"""What the commands of `kbapp.cli` do, one file a command or group. Printed results go to standard output, progress to standard error."""
