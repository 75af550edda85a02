"""What the page calls things: statuses, doubts, kinds of events, measures. Words alone; nothing is computed."""

from __future__ import annotations

from deliberation.records.specification import Choice, Code, Status

STATUSES: dict[Status, str] = {
    "adopted": "Adopted",
    "rejected": "Rejected",
    "contested": "Contested",
    "no_ruling": "No ruling",
}

CODES: dict[Code, str] = {
    "insufficient": "Too few voted for a ruling.",
    "uncertain": "Support lies too near the bar to tell on which side it is.",
    "many_tests": "Sure enough alone, but not among so many clauses judged at once.",
    "split_by_group": "One declared group is for it and another against it.",
    "polarised": "Ratings lie at both ends of the scale.",
    "below_floor": "A declared group supports it less than the floor asks.",
    "vetoed": "A declared group opposes it enough for its veto.",
    "unstable": "Other assemblies like these would often have ruled otherwise.",
    "order_sensitive": "Votes depend on the clause's place on the slate.",
    "wording_tied": "Not all would word it so, and this wording does not surely stand first.",
    "conflict": "It contradicts another clause that would be adopted, and is not surely preferred to it.",
}

VERDICTS = {
    "entailed": "The sentences it rests on bear it out.",
    "partly": "The sentences it rests on bear it out in part.",
    "not_entailed": "The sentences it rests on do not bear it out.",
    "contradicted": "The sentences it rests on contradict it.",
}

PHASES = {
    "poll": "a private poll of every position",
    "weighing": "members rate every consideration in private",
    "testimony": "the witness presents the evidence",
    "cross_examination": "members question the witness",
    "rebuttal": "each witness replies to the others",
    "assistance": "each member asks an assistant of its own, in confidence",
    "statements": "each member speaks alone, unheard by the others",
    "tables": "talk at tables",
    "plenary": "tables report to all",
    "drafting": "clauses are drafted with their sources",
    "stock": "the clerk tables a clause for each position",
    "amendment": "amendments are moved and ranked in private",
    "selection": "the best clauses stay on the table",
    "slate": "a slate is drafted that speaks for everyone's share",
    "ballot": "private votes with reasons",
    "minority": "those who lost a vote say why",
    "contests": "members rank clauses of which only one can stand",
    "judgment": "members rank replies to concrete cases in private",
    "recall": "members restate their first ratings and who they are",
    "imported": "what people did, as a record has it",
}

PURPOSES = {
    "reasons": "",
    "stance_only": "names a stance alone",
    "report": "reports for a table",
    "opinion": "states an opinion, unheard",
    "critique": "says what a clause lacks",
    "minority": "minority statement",
    "reflection": "reflects alone",
    "wish": "says what it would wish to want",
    "sham": "control: about something else",
}

CHOICES: dict[Choice, str] = {"support": "for", "oppose": "against", "abstain": "abstains", "missing": "not readable"}

MARKS = {
    "uncited": "rests on no exhibit",
    "not_in_exhibit": "not in the exhibit cited",
    "contradicted": "the exhibit cited says the contrary",
}

FIGURES = {
    "spread": "How far people differ at the first poll: standard deviation of ratings on a scale of 0 to 1.",
    "first_component": "Share of that variance on one axis. High: opinions are more tightly packaged than people's.",
    "dependence": "How redundant the positions' ratings are, 0 (unrelated) to 1.",
    "individuation": "How much more a member answers like itself than like anybody else, where asked repeatedly.",
    "persona_r2": "How well a member's values predict its ratings on panels not seen. Near 0: personas do not matter.",
    "segment_share": "Variance between value groups, less chance. High: people are caricatures of their group.",
    "convergence": "Spread after over spread before, within panels. Below 1: people grow alike.",
    "consensus": "Change in how alike members rank the positions.",
    "flips": "Share of members whose first choice was another at the end.",
    "value_drift": "Whether members come to speak less like the people they are, turn by turn.",
    "value_drift_z": "The same in standard errors; beyond about 2 either way it is no accident.",
    "order": "Whether what is shown first is rated higher.",
    "order_z": "The same in standard errors; beyond about 2 either way it is no accident.",
    "testimony": "How far the witness alone moved mean ratings.",
    "map_coverage": "Share of the question's considerations that somebody voiced.",
    "distinct_1": "Distinct words over all words. Low: the same phrases again and again.",
    "distinct_2": "Distinct pairs of words over all pairs.",
    "unreadable": "Share of requests whose replies stayed unreadable.",
    "recall_facts": "Share of facts about themselves that members recall.",
    "recall_ratings": "How far members are off when they recall their first ratings, 0 being exact.",
    "public_private": "Correlation of what members say in the open with what they rate in private.",
    "grounding": "Share of points that stand in the speaker's own words.",
}

PATTERNS = {
    "level_polls": "polls with the same rating for every position",
    "level_slates": "slates with the same vote and rating for every clause",
    "shown_order": "rankings that repeat the order shown",
    "first_shown": "rankings with the first thing shown on top",
    "said_before": "speeches in words the same member had used before",
    "said_by_another": "speeches in words somebody else had used",
    "out_of_role": "members who speak as an AI or an assistant",
}


def spaced(name: str) -> str:
    """A name from a record as words.

    >>> spaced("citizens_assembly")
    'citizens assembly'
    """
    return name.replace("_", " ").replace("-", " ")


def counted(number: int, what: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "clause"), counted(2000, "clause")
    ('1 clause', '2,000 clauses')
    """
    return f"{number:,} {what if number == 1 else many or what + 's'}"
