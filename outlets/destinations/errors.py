"""What a destination's answer means for a delivery."""


class DestinationUnavailable(ConnectionError):
    """No confirmed answer: the destination may have the event, or not. It is sent again."""


class DestinationRefused(RuntimeError):
    """This event was refused; another try would be refused again."""
