"""The error of a broker that is a cloud's service, in one word of its own."""


class ServiceError(OSError):
    """A call to the service failed. `status` is the service's word for it, without any content.

    `refused`: it has answered, and does not take what was sent. Otherwise it may come right by
    itself.
    """

    def __init__(self, status: str, *, refused: bool = False) -> None:
        super().__init__(status)
        self.status = status
        self.refused = refused
