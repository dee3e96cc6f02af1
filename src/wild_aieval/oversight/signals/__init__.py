"""What is measured on an item to call a human: one small function for each reason code.

A function says what its value is; ``policy.RULES`` says on which side of the limit it calls, ``conf/oversight`` holds
the limits. None of them sees a label, a judgment or a reference translation, none of them raises on any text, and
none depends on the order of the items. ``None``: nothing here to measure, which is not 0.
"""
