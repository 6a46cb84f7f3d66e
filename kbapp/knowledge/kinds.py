"""What a term does where it stands. The interpretation has one method for each kind.

Plain numbers: in the reader's inner loop an Enum member costs several times its use (Python 3.11 looks it up by a function call).
"""

FINDING = 0  # a finding or device: (entry, side that the term says or "")
SITE = 1  # an anatomy entry: (entry, side or "")
QUALITY = 2  # "enlarged": means something with its anatomy
SIDE = 3  # left, right, bilateral
DEGREE = 4  # (relation, value) of a scale
UNIT = 5  # of a size: millimetres in one
ABSENT_BEFORE = 6  # what follows is absent
UNCERTAIN_BEFORE = 7  # what follows is in doubt
UNCERTAIN_NEXT = 8  # the next one is in doubt
AFTER = 9  # what precedes is absent or in doubt
VERSUS = 10  # both sides are in doubt
READING = 11  # what follows explains what precedes
END = 12  # ends the scope of negation and doubt
HISTORY = 13  # what follows is no finding
JOIN = 14  # "and"
ALTERNATIVE = 15  # "or"
COMMA = 16
PLACING = 17  # what follows describes the finding before
STOP = 18  # ends the sentence
LINE = 19  # a line's end
HEADING = 20  # of a section that is read or skipped
PHRASE = 21  # an Outcome
IGNORE = 22  # looks like a term and is none
