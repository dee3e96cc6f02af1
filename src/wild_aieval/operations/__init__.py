"""What an operator needs: which runs there are, what may go, archives, and whether the machine is fit."""
