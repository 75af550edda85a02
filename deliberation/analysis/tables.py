"""The tables that runs are read as: each column's name, type and meaning, and which columns tell rows apart.

Reads no run. Types are declared, never guessed from what a file happens to hold: an id `007` stays text, and a column
in which nothing is known keeps its type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from deliberation.records.people import VALUES

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["string", "int64", "float64", "bool", "strings", "int64s"]
"""Types of columns; the plural ones are lists."""


class Column(NamedTuple):
    """A column. `null`: whether a row may lack it."""

    name: str
    kind: Kind
    about: str
    null: bool = False


class Table(NamedTuple):
    """A table: what a row is, the columns that tell rows of one run apart, and all columns in order."""

    name: str
    about: str
    keys: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(column.name for column in self.columns)

    def with_columns(self, *more: Column) -> Table:
        """The same table with more columns before its last, which says whether a row is simulated."""
        return self._replace(columns=(*self.columns[:-1], *more, self.columns[-1]))

    def schema(self) -> pa.Schema:
        """The Arrow schema; what table and columns mean is in its metadata, as `about` and `keys`."""
        import pyarrow as pa

        kinds = {
            "string": pa.string(), "int64": pa.int64(), "float64": pa.float64(), "bool": pa.bool_(),
            "strings": pa.list_(pa.string()), "int64s": pa.list_(pa.int64()),
        }  # fmt: skip
        fields = [
            pa.field(c.name, kinds[c.kind], nullable=c.null, metadata={"about": c.about}) for c in self.columns
        ]  # fmt: skip
        return pa.schema(fields, metadata={"about": self.about, "keys": " ".join(self.keys)})


_RUN = Column("run", "string", "id of the run: `content.run` of its manifest")
_QUESTION = Column("question", "string", "id of the question")
_ASSEMBLY = Column("assembly", "string", "id of the assembly")
_SIMULATED = Column("simulated", "bool", "true unless the run was imported from people")

TURNS = Table(
    "turns",
    "Something said in the open. What is private, or was told in confidence, is left out.",
    ("run", "id"),
    (
        _RUN,
        _QUESTION,
        _ASSEMBLY,
        Column("id", "string", "id of the event"),
        Column("seq", "int64", "place among all events of the sitting, 0 first"),
        Column("phase", "string", "phase of the procedure"),
        Column("round", "int64", "round within the phase"),
        Column("table", "string", "the table at which it was said; null: before all", null=True),
        Column("kind", "string", "kind of event"),
        Column("speaker", "string", "id of the member, or the name of another role"),
        Column("role", "string", "member, witness, facilitator, clerk, assistant or chair"),
        Column("purpose", "string", "what a member speaks for; null where the kind of event has none", null=True),
        Column("text", "string", "what was said"),
        Column("considerations", "strings", "considerations put forward, in order"),
        Column("stances", "int64s", "for each of them: asserted (1) or rejected (-1)"),
        Column("refs", "strings", "ids of what it refers to: events replied to, exhibits cited, members called on"),
        Column("call", "string", "key of the reply in `calls`; null where no call was made", null=True),
        _SIMULATED,
    ),
)

POLLS = Table(
    "polls",
    "A member's private rating of one position in one poll.",
    ("run", "assembly", "member", "poll", "position"),
    (
        _RUN,
        _QUESTION,
        _ASSEMBLY,
        Column("event", "string", "id of the event"),
        Column("phase", "string", "phase of the procedure"),
        Column("round", "int64", "round within the phase"),
        Column("poll", "int64", "which of the member's readable polls, 0 first"),
        Column("last", "bool", "whether it is the member's last"),
        Column("member", "string", "id of the member"),
        Column("group", "string", "the member's attribute `outlook`; null where none is known", null=True),
        Column("position", "string", "id of the position rated"),
        Column("rating", "int64", "1 (wholly against) to 7 (wholly for)", null=True),
        Column("place", "int64", "place of the position in the order shown, 0 first; null: not noted", null=True),
        _SIMULATED,
    ),
)

WEIGHINGS = Table(
    "weighings",
    "A member's private rating of one consideration in one weighing.",
    ("run", "assembly", "member", "poll", "consideration"),
    tuple(
        {
            "poll": column._replace(about="which of the member's readable weighings, 0 first"),
            "position": column._replace(name="consideration", about="id of the consideration rated"),
            "rating": column._replace(about="1 (does not agree at all) to 7 (agrees wholly)"),
            "place": column._replace(about="place of the consideration in the order shown, 0 first; null: not noted"),
        }.get(column.name, column)
        for column in POLLS.columns
    ),
)

BALLOTS = Table(
    "ballots",
    "A member's private vote on one clause, of those that count.",
    ("run", "id"),
    (
        _RUN,
        Column("question", "string", "id of the question; null where the assembly is none of the run's", null=True),
        _ASSEMBLY,
        Column("id", "string", "id of the ballot"),
        Column("member", "string", "id of the voter"),
        Column("clause", "string", "id of the clause"),
        Column("choice", "string", "support, oppose, abstain, or missing: no readable vote was had"),
        Column("rating", "int64", "1 (wholly against) to 7 (wholly for); null where none was given", null=True),
        Column("reason", "string", "the reason given; may be empty"),
        Column("weight", "float64", "what the ballot counts, above 0"),
        Column("group", "string", "the voter's group, by the attribute that the run counts groups by"),
        _SIMULATED,
    ),
)

CLAUSES = Table(
    "clauses",
    "A canonical clause: what the panels voted on.",
    ("run", "id"),
    (
        _RUN,
        _QUESTION,
        Column("id", "string", "id of the clause"),
        Column("norm", "string", "must, must_not, should, should_not or may"),
        Column("text", "string", "the whole clause as a sentence"),
        Column("applies_when", "strings", "conditions under which it holds"),
        Column("exceptions", "strings", "cases in which it does not"),
        Column("rationale", "string", "why it was put forward"),
        Column("authority", "string", "root, system, developer, user or guideline"),
        Column("assemblies", "int64", "how many assemblies the sentences that it rests on come from"),
        Column("sources", "int64", "how many sentences it rests on"),
        Column("supporting", "int64", "how many of them speak for it"),
        Column("dissenting", "int64", "how many of them speak against it"),
        Column("merged_from", "strings", "ids of the drafts that went into it"),
        Column("supersedes", "strings", "ids of clauses that it replaces"),
        _SIMULATED,
    ),
)

RULINGS = Table(
    "rulings",
    "The decision on one clause.",
    ("run", "id"),
    (
        _RUN,
        _QUESTION,
        Column("id", "string", "id of the ruling"),
        Column("clause", "string", "id of the clause"),
        Column("text", "string", "the clause's text; null where the run has no such clause", null=True),
        Column("status", "string", "adopted, rejected, contested or no_ruling"),
        Column("rule", "string", "the rule in force"),
        Column("support", "float64", "share of those who decided that supported it, 0 to 1, by weight", null=True),
        Column("low", "float64", "lower end of the credible interval of the mean support", null=True),
        Column("high", "float64", "its upper end", null=True),
        Column("level", "float64", "its probability", null=True),
        Column("turnout", "float64", "readable votes by seats, 0 to 1"),
        Column("stability", "float64", "share of resampled assemblies with the same status, 0 to 1", null=True),
        Column("score", "float64", "what the rule goes by, on its own scale", null=True),
        Column("bar", "float64", "what the score has to reach", null=True),
        Column("reached", "float64", "how probable it is that it does, 0 to 1", null=True),
        Column("assemblies", "int64", "how many assemblies voted"),
        Column("design_effect", "float64", "votes needed for each that independent voters would need", null=True),
        Column("weight_support", "float64", "weight of the votes for", null=True),
        Column("weight_oppose", "float64", "weight of the votes against", null=True),
        Column("weight_abstain", "float64", "weight of the abstentions", null=True),
        Column("weight_missing", "float64", "weight of those of whom no readable vote was had", null=True),
        Column("codes", "strings", "why it is not plainer than it is"),
        Column("why", "string", "the same in words"),
        Column("groups", "string", "JSON: group to support, 0 to 1"),
        Column("sensitivity", "string", "JSON: other rule to the status that the same ballots come to under it"),
        _SIMULATED,
    ),
)

PANELS = Table(
    "panels",
    "A seat: one person on one panel. Each attribute found in the runs has a column `attribute_<name>`, null where "
    "nothing is known.",
    ("run", "assembly", "member"),
    (
        _RUN,
        _QUESTION,
        _ASSEMBLY,
        Column("lot", "string", "name of the draw, the same in studies that differ in other things; may be empty"),
        Column("member", "string", "id of the person"),
        Column("name", "string", "what others call the person"),
        Column("source", "string", "where the person comes from"),
        Column("text", "string", "the person in its own words"),
        *(
            Column(f"value_{name}", "float64", f"importance of {name}, -1 to 7 (Schwartz)", null=True)
            for name in VALUES
        ),
        _SIMULATED,
    ),
)

CALLS = Table(
    "calls",
    "A reply in the journal.",
    ("run", "key"),
    (
        _RUN,
        Column("key", "string", "key of the call, as in `turns`"),
        Column("answerer", "string", "who answered, and its version"),
        Column("model", "string", "the model as the provider reported it; may be empty"),
        Column("input_tokens", "int64", "tokens sent, with those of a cache"),
        Column("cached_tokens", "int64", "of these, read from a cache"),
        Column("written_tokens", "int64", "of these, written to a cache"),
        Column("output_tokens", "int64", "tokens received, with those of reasoning"),
        Column("reasoning_tokens", "int64", "of these, of reasoning"),
        Column("seconds", "float64", "how long the reply took"),
        Column("received", "float64", "when it was kept, in seconds since 1970"),
        Column("stop", "string", "why the reply ended, where the provider says so; may be empty"),
        Column("bulk", "bool", "whether it came by a batch"),
        _SIMULATED,
    ),
)

TABLES = (TURNS, POLLS, WEIGHINGS, BALLOTS, CLAUSES, RULINGS, PANELS, CALLS)
"""All of them."""
