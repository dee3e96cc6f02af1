"""Human oversight: which items a person must look at, and why."""
