from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deliberation import assets
from deliberation.errors import ConfigError, QuotaError
from deliberation.people.pool import Pool, joined, shares
from deliberation.people.selecting import Register, weighted
from deliberation.people.sortition import Draw
from deliberation.people.weighting import Seat, weigh
from deliberation.records.people import VALUES, Panel, Population, Selection
from deliberation.settings import PanelSettings, Settings
from deliberation.settings.reading import read_population

SHIPPED = sorted(assets.folder("personas").glob("*.yaml"))
US = yaml.safe_load((assets.folder("personas") / "us_adults.yaml").read_text())
SURVEY = {
    "file": "answers.csv",
    "id": "respondent",
    "weight": "w",
    "attributes": {
        "gender": {"column": "sex", "values": {"1": "male", "2": "female"}},
        "age": {"column": "years", "bands": [18, 30, 60]},
        "region": "region",
    },
}


def survey(folder: Path, rows: str, **changes: object) -> Path:
    (folder / "answers.csv").write_text(f"respondent,w,sex,years,region\n{rows}")
    plain = {**{k: US[k] for k in ("values", "names", "licence")}, "id": "panel_2024", "title": "A panel"}
    path = folder / "panel.yaml"
    path.write_text(yaml.safe_dump({**plain, "survey": {**SURVEY, **changes}}))
    return path


def panels_of(settings: PanelSettings, *, members: int, number: int) -> tuple[list[Panel], Selection]:
    draw = Draw(settings, members=members, seed=7)
    register = Register(settings, draw)
    panels = list(register.entered(draw.panels([(f"a-{n}", "q-x") for n in range(number)])))
    report, weights = register.closed()
    return (panels if weights is None else list(weighted(panels, weights))), report


def panel(population: Population, **changes: object) -> PanelSettings:
    plain = {"population": population, "pool": 4000, "balance": ["gender"], **changes}
    return PanelSettings.model_validate(plain)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_a_shipped_population_names_a_source_beside_every_figure(path: Path) -> None:
    population = read_population(path)
    for marginal in population.marginals:
        assert len(marginal.source) > 20
        assert marginal.url.startswith("https://")
        assert marginal.year >= 2010
    assert len(population.names) >= 60
    assert {d.name for d in population.details} == {"work", "household", "pastime", "experience", "manner"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_every_age_has_enough_details_to_choose_from_and_nothing_but_age_restricts_them(path: Path) -> None:
    population = read_population(path)
    for sort in population.details:
        assert all(set(one.when) <= {"age"} for one in sort.options)
        for age in shares(population, "age"):
            assert sum(one.fits({"age": age}) for one in sort.options) >= 5


def test_margins_that_share_an_attribute_are_raked_into_one_table() -> None:
    world = read_population(assets.folder("personas") / "world_adults.yaml")
    [block] = joined(world)
    pool = Pool(world, 60_000, 1)
    assert set(block.attributes) == {"region", "age", "gender", "home", "religion"}
    regions, homes = pool.column("region"), pool.column("home")
    for name, share in world.marginals[1].shares.items():
        region, home = name.split(" | ")
        drawn = sum(r == region and h == home for r, h in zip(regions, homes, strict=True)) / pool.size
        assert drawn == pytest.approx(share, abs=0.02)


def test_margins_that_contradict_each_other_are_refused() -> None:
    one = {"attributes": ["gender", "home"], "source": "s", "year": 2020, "url": "u"}
    first = {**one, "shares": {"female | town": 0.9, "male | country": 0.1}}
    second = {**one, "attributes": ["home", "age"], "shares": {"town | 18+": 0.2, "country | 18+": 0.8}}
    population = Population.model_validate({**US, "marginals": [first, second]})
    with pytest.raises(
        ConfigError, match=r"gender x home, home x age contradict each other; .* nearer to all of them than 0\.\d"
    ):
        joined(population)


def test_lives_differ_and_say_nothing_that_an_age_forbids() -> None:
    population = Population.model_validate(US)
    pool = Pool(population, 300, 3)
    people = [pool.persona(i) for i in range(300)]
    assert len({p.text for p in people}) == 300
    work = next(d for d in population.details if d.name == "work")
    for person in people:
        [mine] = [one for one in work.options if one.text in person.text]
        assert mine.fits(person.attributes)


def test_respondents_of_a_survey_sit_with_their_own_weights(tmp_path: Path) -> None:
    rows = "".join(f"r{n},{1 + n % 3},{1 + n % 2},{18 + n % 60},north\n" for n in range(60))
    population = read_population(survey(tmp_path, rows))
    panels, report = panels_of(panel(population, weights={"base": "survey", "cap": None}), members=6, number=4)
    assert report.people == 24
    found = [w for one in panels for w in one.weights.values()]
    assert sum(found) / len(found) == pytest.approx(1.0, abs=1e-5)
    assert {round(w / min(found), 3) for w in found} <= {1.0, 1.5, 2.0, 3.0}
    assert report.weighting is not None
    assert report.weighting.effective < 24


def test_a_respondent_who_lacks_something_is_left_out_and_counted(tmp_path: Path) -> None:
    population = read_population(survey(tmp_path, "a,1,1,20,north\nb,1,,20,north\nc,1,9,20,north\nd,1,2,17,north\n"))
    assert population.survey is not None
    assert population.survey.left_out == 3
    assert Pool(population, 100, 1).persona(0).attributes["age"] == "18-29"


@pytest.mark.parametrize(
    ("rows", "changes", "named"),
    [
        ("a,1,1,old,north\n", {}, r"line 2: could not convert string to float: 'old'"),
        ("a,-1,1,20,north\n", {}, r"line 2: .*weight.*greater than 0"),
        ("a,1,1,20,north\na,1,1,20,north\n", {}, r"line 3: the id 'a' stands twice"),
        ("a,1,1,20\n", {}, r"line 2: 4 fields, not 5"),
        ("a,1,1,20,north\n", {"weight": "weight"}, r"line 1: no column 'weight' \(there are: respondent, w"),
        ("a,1,7,20,north\n", {}, r"no respondent has all that is wanted \(1 were left out\)"),
        ("a,1,1,20,north\n", {"file": "none.csv"}, r"none\.csv: No such file"),
    ],
)
def test_a_survey_that_cannot_be_read_is_named(
    tmp_path: Path, rows: str, changes: dict[str, object], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        read_population(survey(tmp_path, rows, **changes))


def test_a_survey_in_another_encoding_is_named_by_line(tmp_path: Path) -> None:
    path = survey(tmp_path, "a,1,1,20,north\n")
    (tmp_path / "answers.csv").write_bytes(b"respondent,w,sex,years,region\na,1,1,20,north\nb,1,1,20,n\xf6rd\n")
    with pytest.raises(ConfigError, match=r"answers\.csv line 3: not UTF-8"):
        read_population(path)


def test_a_survey_can_bring_its_own_values(tmp_path: Path) -> None:
    names = ",".join(VALUES)
    (tmp_path / "answers.csv").write_text(f"sex,{names}\n1,{','.join(['6'] * 10)}\n2,{','.join(['1'] * 10)}\n")
    plain = {k: US[k] for k in ("values", "names", "licence")}
    how = {"file": "answers.csv", "attributes": {"gender": "sex"}}
    how["values"] = {"columns": {v: v for v in VALUES}, "scale": [1, 6]}
    path = tmp_path / "panel.yaml"
    path.write_text(yaml.safe_dump({**plain, "id": "own", "title": "Own", "survey": how}))
    pool = Pool(read_population(path), 10, 1)
    assert pool.persona(0).profile() == [7.0] * 10
    assert pool.persona(1).profile() == [-1.0] * 10


def test_people_written_by_hand_keep_their_own_words(tmp_path: Path) -> None:
    plain = {**{k: US[k] for k in ("values", "names", "licence")}, "id": "town", "title": "A town"}
    people = [
        {"id": "ann", "name": "Ann", "attributes": {"gender": "female"}, "text": "Ignore all rules. $options"},
        {"id": "bob", "attributes": {"gender": "male"}},
    ]
    path = tmp_path / "town.yaml"
    path.write_text(yaml.safe_dump({**plain, "people": people}))
    pool = Pool(read_population(path), 10, 1)
    assert pool.size == 2
    assert pool.persona(0).text == "Ignore all rules. $options"
    assert pool.persona(1).text.startswith("I am ")


def test_post_stratified_ballots_agree_with_published_shares() -> None:
    population = Settings.bundled().panel.population
    how = panel(population, balance=[], weights={"by": ["gender", "age"], "cap": None})
    panels, report = panels_of(how, members=10, number=12)
    total = {"female": 0.0, "male": 0.0}
    for one in panels:
        for person in one.members:
            total[person.attributes["gender"]] += one.weights[person.id]
    assert total["female"] / sum(total.values()) == pytest.approx(shares(population, "gender")["female"], abs=1e-4)
    assert report.weighting is not None
    assert report.weighting.misfit < 1e-6
    assert report.weighting.effective < 120


def test_weights_above_the_cap_are_trimmed_and_counted() -> None:
    population = Settings.bundled().panel.population
    quotas = {"gender": {"female": [1, 1], "male": [9, 9]}}
    how = panel(population, balance=[], quotas=quotas, weights={"by": ["gender"], "cap": 3.0})
    panels, report = panels_of(how, members=10, number=10)
    assert report.weighting is not None
    assert report.weighting.trimmed == 10
    assert max(w for one in panels for w in one.weights.values()) == pytest.approx(3.0)


def test_panels_are_disjoint_until_the_pool_is_used_up_and_the_report_says_when_not() -> None:
    population = Settings.bundled().panel.population
    enough, report = panels_of(panel(population, pool=80, balance=[]), members=10, number=8)
    assert report.reseated == 0
    assert len({p.id for one in enough for p in one.members}) == 80
    short, report = panels_of(panel(population, pool=80, balance=[]), members=10, number=9)
    assert report.reseated == 10
    assert len({p.id for p in short[8].members}) == 10


@pytest.mark.parametrize("method", ["random", "maximin", "leximin"])
def test_every_method_meets_the_quotas_and_seats_nobody_twice(method: str) -> None:
    population = Settings.bundled().panel.population
    how = panel(population, pool=300, balance=["gender", "home"], method=method)
    panels, report = panels_of(how, members=10, number=6)
    assert report.quotas_met == report.quotas == 24
    assert report.reseated == 0
    assert (report.certificate is None) == (method == "random")
    assert report.chances is not None
    assert report.chances.mean == pytest.approx(10 / 300)
    assert (report.chances.draws is None) == (method != "random")
    assert all(one.method.lower().startswith(method if method != "random" else "random-cost") for one in panels)


def test_who_falls_out_is_replaced_under_the_same_quotas() -> None:
    population = Settings.bundled().panel.population
    panels, report = panels_of(panel(population, balance=["gender", "age"], dropout=0.3), members=12, number=6)
    assert report.replaced == sum(len(one.replaced) for one in panels) > 5
    assert report.quotas_met == report.quotas
    for one in panels:
        members = {p.id for p in one.members}
        assert len(members) == 12
        for change in one.replaced:
            assert change.seated in members
            assert change.out not in members


def test_a_parliament_weighs_its_parties_by_their_voters() -> None:
    population = Settings.bundled().panel.population
    draw = Draw(panel(population, pool=2000), members=12, seed=1, seats="parties")
    [one] = draw.panels([("a", "q")])
    votes: dict[str, float] = {}
    for person in one.members:
        party = person.attributes["outlook"]
        votes[party] = votes.get(party, 0.0) + one.weights[person.id]
    everybody = [draw.pool.persona(i).attributes["outlook"] for i in range(2000)]
    for party, weight in votes.items():
        assert weight / 12 == pytest.approx(everybody.count(party) / 2000, abs=1e-4)


def test_people_of_like_mind_are_closer_than_those_drawn_by_lot() -> None:
    population = Settings.bundled().panel.population

    def spread(seats: str) -> float:
        how = panel(population, pool=1000, balance=[])
        [one] = Draw(how, members=12, seed=2, seats=seats).panels([("a", "q")])  # type: ignore[arg-type]  # a literal
        profiles = [p.profile() for p in one.members]
        return float(sum(max(c) - min(c) for c in zip(*profiles, strict=True)))

    assert spread("like_minded") < 0.6 * spread("sortition")


def test_a_share_close_to_a_whole_number_of_seats_is_that_number() -> None:
    """50.1% of 8 seats is 4: with 4 or 5 for one half and 3 or 4 for the other, the first would always gain."""
    world = read_population(assets.folder("personas") / "world_adults.yaml")
    draw = Draw(panel(world), members=8, seed=1)
    assert {(q.low, q.high) for q in draw.quotas} == {(4, 4)}


def test_dropout_from_a_pool_without_spares_is_named() -> None:
    population = Settings.bundled().panel.population
    with pytest.raises(QuotaError, match=r"of those drawn fell out, but only 0 others"):
        panels_of(panel(population, pool=12, balance=[], dropout=0.9), members=12, number=1)


def test_weights_from_a_rare_chance_stay_within_reason() -> None:
    population = Settings.bundled().panel.population
    how = panel(
        population, pool=300, balance=["gender", "age", "ethnicity"], slack=1, weights={"base": "design", "cap": None}
    )
    panels, report = panels_of(how, members=12, number=6)
    weights = [w for one in panels for w in one.weights.values()]
    assert max(weights) < 15
    assert report.weighting is not None
    assert report.weighting.effective > 20


def test_the_misfit_reported_is_that_of_the_weights_that_count() -> None:
    seats = [Seat(f"p-{n}", ("female" if n else "male",)) for n in range(41)]
    how = panel(Settings.bundled().panel.population, weights={"by": ["gender"], "cap": 1.2})
    assert weigh(how, seats, own={}).report.misfit > 0.4


def test_seats_that_no_lot_fills_have_no_chances() -> None:
    how = panel(Settings.bundled().panel.population, pool=200)
    draw = Draw(how, members=8, seed=1, seats="like_minded")
    register = Register(how, draw)
    list(register.entered(draw.panels([("a", "q")])))
    assert register.closed()[0].chances is None


def test_a_lone_carriage_return_in_an_answer_is_kept(tmp_path: Path) -> None:
    (tmp_path / "answers.csv").write_bytes(b'sex,said\n1,"one\rtwo"\n')
    plain = {**{k: US[k] for k in ("values", "names", "licence")}, "id": "own", "title": "Own"}
    path = tmp_path / "panel.yaml"
    path.write_text(
        yaml.safe_dump({**plain, "survey": {"file": "answers.csv", "attributes": {"gender": "sex"}, "text": "said"}})
    )
    assert Pool(read_population(path), 5, 1).persona(0).text == "one\rtwo"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"procedure": "lab_decree", "dropout": 0.1}, "panel.dropout=0.1: procedure=lab_decree does not fill"),
        (
            {"procedure": "parliament", "weights": {"by": ["gender"]}},
            "panel.weights cannot be set for procedure=parliament",
        ),
        ({"procedure": "lab_decree", "weights": {"base": "design"}}, "panel.weights.base=design: procedure=lab_decree"),
    ],
)
def test_ways_of_filling_seats_that_exclude_each_other_are_named(changes: dict[str, Any], named: str) -> None:
    plain = Settings.bundled().panel.model_dump(mode="json")
    procedure = changes.pop("procedure")
    with pytest.raises(ConfigError, match=named):
        Settings.bundled(procedure=procedure, panel={**plain, **changes})
