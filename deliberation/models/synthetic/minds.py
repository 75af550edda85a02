"""What people think and how what they hear moves them: one kernel, vectorised over assemblies and people.

No words, no requests, no files. Two callers: the answerer (one assembly, event by event) and the batched simulator
(many assemblies at once). B assemblies, n people, K considerations, J positions.

    agreement     A = tanh((l + g fit) / 2)                         l belief, fit how a consideration suits one's values
    reasons       R_j = sum_a m p A B_aj / sqrt(sum_a m p)          m awareness, p importance, B the map's directions
    attitude      U_j = s [(1 - e) b_j + e R_j] + x_j               e elaboration, b intuition, x pull of the others
    lean          tanh(k sum_j U_j q_j / sum_j |q_j|)               q the positions' places on the main axis
    a point heard l += eta sus exp(-(lean_l - lean_i)^2 2 / eps^2) 2 sigma(beta stance side lean_l) stance h^(-1/2)
                  (half as much again if new to the hearer); what an asserted point rebuts loses half of that
    pull          x += r [alpha sus (mean of the others' U - (U - x)) - x]

Reasons-based attitudes are an additive instance of Dietrich and List's reason-based choice (2013); exchange of novel
arguments follows persuasive arguments theory (Burnstein and Vinokur 1977); biased processing takes the logistic form of
Banisch and Shamon (2025, p = sigma(beta (2a - 1) M V o)); the pull is a step of Friedkin and Johnsen (1990) whose
anchor, the reasons-based attitude, moves too.
"""

from __future__ import annotations

from copy import copy
from typing import NamedTuple

import numpy as np

from deliberation.models.synthetic.maps import Array, Maps, Places, factors, sigma
from deliberation.settings.models import SyntheticKernel

_NOVELTY = 1.5
_SYCOPHANCY = 0.8
_DEFERENCE = 3.0
_DISTANCE = 0.35
_CERTAIN = 2.0
_SURE = 0.02
_FAINT = 0.05


class People(NamedTuple):
    """Latent traits before anything is heard: B x n, and more axes where named.

    Attributes:
        deviation: values minus their means, B x n x 10. `factors`: scores on the value circle, B x n x 2.
        susceptibility: mean 1. talkativeness: positive.
        own_view: personal part of belief, B x n x K, in units of the kernel's `own_view`.
        notice: uniform draws that decide who has thought of what, B x n x K.
        intuition: personal part of intuition, B x n x J, in units of the kernel's `intuition`.
        thought: personal part of elaboration, -1 to 1.
        segment: which segment each belongs to, B x n.
    """

    deviation: Array
    factors: Array
    susceptibility: Array
    talkativeness: Array
    own_view: Array
    notice: Array
    intuition: Array
    thought: Array
    segment: Places


class Minds:
    """The state of everyone in B assemblies.

    Args:
        maps: the question of each assembly, Q = B, or one for all, Q = 1.
        people: who they are.
        kernel: the parameters.
        turns: of a member in the whole talk, against which drift is counted; by default the kernel's.
    """

    def __init__(self, maps: Maps, people: People, kernel: SyntheticKernel, *, turns: float = 0.0) -> None:
        self.maps, self.kernel = maps, kernel
        self._turns = turns or kernel.turns
        self.fit, self.lean_by_values = _suits(maps, people, kernel)
        self._fit = self.fit
        self.susceptibility = people.susceptibility
        self.talkativeness = people.talkativeness
        self.core = core = maps.popular[:, None] + kernel.own_view * people.own_view
        world = kernel.knowledge * maps.truth[:, None]
        self.motive = kernel.motivation * self.lean_by_values[..., None] * maps.side[:, None]
        self.belief = core + world + self.motive
        self.aware = (people.notice < maps.prevalence[:, None]).astype(np.float64)
        weight = maps.strength[:, None] * np.exp(kernel.importance * self.fit)
        self.importance = weight / weight.mean(axis=-1, keepdims=True)
        tilt = kernel.intuition_values * self.lean_by_values[..., None] * maps.axis[:, None]
        self.intuition = maps.common[:, None] + tilt + kernel.intuition * people.intuition
        e = kernel.elaboration
        self.elaboration = e + 0.4 * e * (1.0 - e) * people.thought  # about +-.1, and none at 0 and 1
        self.pull = np.zeros_like(self.intuition)
        self.times = np.zeros_like(self.belief)
        self.spoken = np.zeros_like(self.susceptibility)
        self._stated: dict[tuple[int, int], Array] = {}
        self._agreement: Array | None = None
        self._attitude: Array | None = None
        self._contributions: Array | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """Assemblies and people."""
        assemblies, people = self.susceptibility.shape
        return assemblies, people

    @property
    def deference(self) -> float:
        """How many times as much as it should a witness moves people: 1, but for a fault."""
        return 1.0 + _DEFERENCE * self.kernel.fault_expert

    def agreement(self) -> Array:
        """How far each person accepts each consideration, B x n x K, in -1..1."""
        if self._agreement is None:
            self._agreement = np.tanh((self.belief + self.kernel.value_weight * self.fit) / 2.0)
        return self._agreement

    def attitude(self) -> Array:
        """Everyone's attitude to each position, B x n x J."""
        if self._attitude is None:
            weight = self.aware * self.importance
            total = np.sqrt(np.maximum(weight.sum(axis=-1, keepdims=True), 1e-9))
            reasons = np.matmul(weight * self.agreement(), self.maps.direction) / total
            e = self.elaboration[..., None]
            self._attitude = self.kernel.scale * ((1.0 - e) * self.intuition + e * reasons) + self.pull
            for (assembly, person), stated in self._stated.items():
                self._attitude[assembly, person] = stated
        return self._attitude

    def state(self, assembly: int, person: int, ratings: Array) -> None:
        """A member without latent state (a language model, a human) is taken at its last ratings, 0..1, J."""
        clear = np.clip(ratings, _SURE, 1.0 - _SURE)
        self._stated[assembly, person] = np.log(clear / (1.0 - clear)) - self.kernel.offset
        self.changed()

    def contributions(self) -> Array:
        """What each consideration adds to each attitude, B x n x K x J."""
        if self._contributions is None:
            weight = self.aware * self.importance
            total = np.sqrt(np.maximum(weight.sum(axis=-1, keepdims=True), 1e-9))
            per = self.kernel.scale * self.elaboration[..., None] * weight * self.agreement() / total
            self._contributions = per[..., None] * self.maps.direction[:, None]
        return self._contributions

    def lean(self) -> Array:
        """Where each person leans on the question's main axis, B x n, in -1..1."""
        axis = self.maps.axis[:, None]
        leaning: Array = np.tanh(self.kernel.lean * (self.attitude() * axis).sum(axis=-1) / np.abs(axis).sum(axis=-1))
        return leaning

    def considerations_to_say(self, speaker: Places, present: Array, last: Places) -> Array:
        """Log odds with which each speaker's next point falls on each consideration, B x K.

        softmax of [own A p side lean + common share aware - fresh ln(1 + heard) + reply, if it answers or is answered
        by the last] / temperature, over what the speaker has thought of. The share aware is of those present: what all
        know is said most (Stasser and Titus 1985).

        Args:
            speaker: row of each assembly's speaker, B.
            present: 1 for those who sit there, B x n.
            last: the consideration said last there, B; -1 for none.
        """
        k, rows = self.kernel, np.arange(len(speaker))
        own = self.agreement()[rows, speaker] * self.importance[rows, speaker] * self.maps.side
        score = k.own_argument * own * self.lean()[rows, speaker][:, None]
        score = score + k.common_knowledge * np.einsum("bn,bna->ba", present, self.aware) / present.sum(axis=1)[:, None]
        score = score - k.freshness * np.log1p(self.times[rows, speaker])
        rebuts = self.maps.rebuts[rows if len(self.maps.rebuts) > 1 else np.zeros_like(rows)]
        answers = np.maximum(rebuts[rows, :, last], rebuts[rows, last, :]) * (last >= 0)[:, None]
        score = (score + k.reply * answers) / k.temperature
        known = self.aware[rows, speaker] > 0
        return np.where(known | ~known.any(axis=1, keepdims=True), score, -np.inf)

    def doubts(self) -> Array:
        """How much each person would like to ask about each consideration, B x n x K: importance times uncertainty."""
        unsure: Array = self.importance * (1.0 - np.abs(self.agreement()))
        return unsure

    def hear(self, speaker: Places, point: Places, stance: Array, present: Array, attended: Array) -> None:
        """One point made at each assembly's table; `attended` (B x n) are those present who took it in.

        Where arguments move nobody (a null model), or words come from too far away to be heard as reasons, they also
        bring nothing to mind.

        `speaker` -1 is nobody among the members. Does not move the pull of the others: see `follow`.
        """
        k, rows = self.kernel, np.arange(len(point))
        lean = self.lean()
        theirs = np.where(speaker >= 0, lean[rows, speaker], 0.0)[:, None]
        near = np.exp(-0.5 * ((lean - theirs) * 2.0 / k.confidence_bound) ** 2)
        own_side = (stance * self._at(self.maps.side, point))[:, None]
        step = k.openness * self.susceptibility * near * 2.0 * sigma(k.bias * own_side * lean) * stance[:, None]
        reached = attended * (near > _FAINT) * (k.openness > 0)
        self._move(point, step, stance, present, reached)
        self.elaboration += k.elaboration_rate * (k.elaboration_limit - self.elaboration) * reached
        self.changed()

    def testify(
        self, point: Places, stance: Array, attended: Array, *, strength: float = 1.0, present: Array | None = None
    ) -> None:
        """One point made by a witness to everyone, or to those `present`, B x n: it moves all leanings alike.

        A spoken point, and so heard as one is: it can be new, can undercut, and wears off, which the briefing that the
        parameters were fitted with (`worlds.brief`) does not.
        """
        k = self.kernel
        step = k.briefing_force * strength * self.deference * self.susceptibility * stance[:, None]
        there = np.ones_like(attended) if present is None else present
        self._move(point, step, stance, there, attended * (k.briefing_force > 0))

    def briefed(self, *, strength: float = 1.0, who: Array | float = 1.0) -> None:
        """Having been told something, people think a little more: e += rate (limit - e); `who`, B x n, were told."""
        k = self.kernel
        self.elaboration += k.briefing_elaboration * strength * (k.elaboration_limit - self.elaboration) * who
        self.changed()

    def reflect(self, considered: Array) -> None:
        """Everyone goes through reasons for itself: `considered`, B x n x K, 1 for those taken in; nobody else speaks.

        They are in mind from then on, and one thinks more and feels less: e += rate (limit - e), as after a briefing.
        """
        k = self.kernel
        self.aware = np.maximum(self.aware, considered)
        thought = considered.max(axis=-1)
        self.elaboration += k.briefing_elaboration * (k.elaboration_limit - self.elaboration) * thought
        self.changed()

    def better_selves(self, who: Array) -> None:
        """Those in `who`, B x n, put aside what they would like to be true, and the pull of the others on them."""
        self.belief = self.belief - self.motive * who[..., None]
        self.motive = self.motive * (1.0 - who[..., None])
        self.pull = self.pull * (1.0 - who[..., None])
        self.changed()

    def follow(self, present: Array) -> None:
        """One step of the pull of the others, among those present at one table, B x n; see the module's head."""
        k = self.kernel
        attitude = self.attitude()
        number = present.sum(axis=1)[:, None, None]
        total = np.einsum("bn,bnj->bj", present, attitude)[:, None]
        others = (total - attitude) / np.maximum(number - 1.0, 1.0)
        alpha = k.conformity + _SYCOPHANCY * k.fault_sycophancy
        gap = alpha * self.susceptibility[..., None] * (others - (attitude - self.pull))
        self.pull = self.pull + k.conformity_rate * (gap - self.pull) * present[..., None] * (number > 1)
        self._attitude = None

    def fully_considered(self) -> Minds:
        """The same people, aware of everything, premises at their truth, no motivated distortion, no heuristics (W2).

        Luskin's full-consideration attitude: belief core + 2 truth, elaboration 1, no pull of others.
        """
        full = copy(self)
        full.belief = self.core + _CERTAIN * self.maps.truth[:, None]
        full.aware = np.ones_like(self.aware)
        full.elaboration = np.ones_like(self.elaboration)
        full.pull = np.zeros_like(self.pull)
        full.changed()
        return full

    def take_the_floor(self, speaker: Places) -> None:
        """A member has spoken; a persona that drifts (a fault) heeds its own values less as it goes on speaking."""
        rows = np.flatnonzero(speaker >= 0)
        self.spoken[rows, speaker[rows]] += 1.0
        if self.kernel.fault_drift:
            faded = np.minimum(1.0, self.spoken / self._turns)
            self.fit = self._fit * (1.0 - self.kernel.fault_drift * faded)[..., None]
            self.changed()

    def changed(self) -> None:
        """Beliefs, awareness or elaboration are not what they were: forget what was worked out from them."""
        self._agreement = self._attitude = self._contributions = None

    def odds_to_speak(self) -> Array:
        """Unnormalised chance of taking the floor where nobody is called upon, B x n."""
        k = self.kernel
        behind = self.spoken - self.spoken.mean(axis=1, keepdims=True)
        odds: Array = self.talkativeness ** (1.0 - k.facilitation) * np.exp(-_DISTANCE * k.facilitation * behind)
        return odds

    def _move(self, point: Places, step: Array, stance: Array, present: Array, reached: Array) -> None:
        rows = np.arange(len(point))
        self.times[rows, :, point] += present
        step = step / np.sqrt(np.maximum(self.times[rows, :, point], 1.0))
        step = step * np.where(self.aware[rows, :, point] > 0, 1.0, _NOVELTY) * reached
        self.belief[rows, :, point] += step
        self.aware[rows, :, point] = np.maximum(self.aware[rows, :, point], reached)
        rebutted = self._at(self.maps.rebuts, point) * (stance > 0)[:, None]
        if rebutted.any():
            self.belief -= self.kernel.undercut * step[..., None] * rebutted[:, None]
        self.changed()

    def _at(self, part: Array, point: Places) -> Array:
        rows = np.arange(len(point)) if len(part) > 1 else np.zeros_like(point)
        found: Array = part[rows, point]
        return found


def _suits(maps: Maps, people: People, kernel: SyntheticKernel) -> tuple[Array, Array]:
    """How considerations suit people's values, B x n x K, and how their values lean on the main axis, B x n.

    A stereotyping fault mixes both with an exaggerated mean of the segment.
    """
    deviation, scores = people.deviation, people.factors
    if kernel.fault_stereotype:
        f = kernel.fault_stereotype
        exaggerated = 1.5 + f
        deviation = (1.0 - f) * deviation + f * exaggerated * segment_means(deviation, people.segment)
        scores = (1.0 - f) * scores + f * exaggerated * segment_means(scores, people.segment)
    fit = np.matmul(deviation, np.swapaxes(maps.profile, -1, -2))
    return fit, (scores * maps.heading[:, None]).sum(axis=-1)


def segment_means(values: Array, segment: Places) -> Array:
    """Each person's own segment's mean in the same assembly, in the shape of `values` (B x n x any)."""
    same = (segment[:, :, None] == segment[:, None, :]).astype(np.float64)
    means: Array = np.matmul(same, values) / same.sum(axis=-1, keepdims=True)
    return means


def traits(deviation: Array, spread: float, **others: Array | Places) -> People:
    """People whose factor scores are estimated from their values; `others`: the remaining fields."""
    return People(deviation=deviation, factors=factors(deviation, spread), **others)  # type: ignore[arg-type]
