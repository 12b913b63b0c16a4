"""What every act is built on.

Who and when is an ``Event``; the outcome is ``Done`` or ``Refused``; what changed is recorded.

An act is a function marked ``@act``: ``act(subject, …, event, *, options) -> Done[Row]``.
"""
