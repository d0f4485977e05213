"""What `fix` does beyond printing: asking the resolver about the lines (--verify), and running them (--apply).

questions   a line of a plan as the dry run of its own package manager
answers     what that printed, as changes or as a refusal
verify      asks, one line after the other
snapshot    what is installed, written down, and the commands that lead back to it
apply       runs the lines, stops at the first that fails
page        all of it in words
"""
