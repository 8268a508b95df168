"""Which years are a project's.

What belongs here: whether a year belongs to a project. What does not: which of them a command
maps (``Project.mapped_years``), which a sensor looks at (``Project.watched_years``).
"""

from dataclasses import dataclass

from lulc_assets.core.errors import InvalidProject


@dataclass(frozen=True)
class ProjectYears:
    """The years that a project file lists, and whether those that follow belong to it.

    Attributes:
        listed: to map, to train from and to watch; in order, at least one.
        running: every year from the last listed one on is mapped as its scenes come.
    """

    listed: tuple[int, ...]
    running: bool = False

    def __contains__(self, year: int) -> bool:
        """Whether a year is the project's."""
        return year in self.listed or (self.running and year > max(self.listed, default=year))

    def __str__(self) -> str:
        """For people: ``2019, 2021`` or ``2019, 2021 and all that follow``."""
        named = ", ".join(map(str, self.listed))
        return f"{named} and all that follow" if self.running else named

    @property
    def left_out(self) -> tuple[int, ...]:
        """Years between the first and the last listed one that are not the project's."""
        span = range(self.listed[0], self.listed[-1])
        return tuple(year for year in span if year not in self.listed)

    @property
    def none_watched(self) -> str:
        """What a sensor says where neither the current year nor another one is to be watched."""
        return (
            f"no year is watched: the years of the project are {self}; write `running = true` in "
            "the project file to map each new one, or name others as watch_years"
        )

    def require(self, year: int) -> int:
        """The year, if it is the project's.

        Raises:
            InvalidProject: it is not.
        """
        if year not in self:
            raise InvalidProject(
                f"{year} is not a year of the project ({self}); add it to `years` of the project "
                "file, or write `running = true` there where each new year is to be mapped, and "
                "reload the code location"
            )
        return year
