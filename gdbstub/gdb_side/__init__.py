"""What runs inside gdb's own Python: ``hv`` commands, ``$gva`` and ``$gpa``, the prompt, the window "hypervisor".

gdb sources `hartbreak.py`, which loads the rest. That Python is gdb's, 3.8 or newer, and has none of our packages, so
that these files import each other, the standard library and ``gdb``, nothing else. They see the machine as a user
does, through registers and ``monitor`` commands: the server may be on another computer.

    colour lines picture completion    text from answers; know no gdb
    server                             one question to the server, or one sentence why there is no answer
    commands functions prompt window   what gdb is given
    install                            gives it
"""
