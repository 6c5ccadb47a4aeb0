"""The lesson, as plain data: what each step says, what it asks the learner to do, and its question.

A sentence of `facts` has figures in braces, which are read off the learner's own screen
(`demo.lessons.screen`); without them it is not shown. The words are for a reader of 14.
"""

from dataclasses import dataclass

from demo.lessons import rules
from demo.lessons.rules import Rule
from engine.said import noted, said

FEW = 3
"""People to choose: of one alone a probe can always tell that it is somebody unusual."""


@dataclass(frozen=True)
class Act:
    """Something to do on the page: in words, the key of its place, and the rule that sees it done.

    `where` is a CSS selector of the controls to use: they are outlined, and the first is shown.
    A `remedy` is asked for only where it is needed.
    """

    text: str
    place: str
    where: str
    done: Rule
    remedy: bool = False


@dataclass(frozen=True)
class Answer:
    """One answer to a step's question, and why it is right or not."""

    text: str
    because: str
    right: bool = False


@dataclass(frozen=True)
class Step:
    """One step: completed once all of its acts are done, each of which needs those before it.

    `terms` are words that appear for the first time, each with its meaning. Where it is not
    `possible` the step says so and is left out.
    """

    id: str
    title: str
    text: tuple[str, ...]
    terms: tuple[tuple[str, str], ...]
    acts: tuple[Act, ...]
    facts: tuple[str, ...]
    question: str
    answers: tuple[Answer, ...]
    possible: Rule = rules.anywhere


CHOOSE = Act(
    noted("Choose three people: press their pictures under “People”."),
    "studio",
    "#people .cards",
    rules.people(FEW),
)
ATTACK = Act(
    noted("Go to “Attack” and wait until the table is filled."),
    "attack",
    "#attack [data-attack], #attack table",
    rules.attacked,
)


def _undo(method: str) -> Act:
    return Act(
        noted("Press “Undo” until everybody is known again."),
        "studio",
        "#undo",
        rules.only(method),
        remedy=True,
    )


def _forget(method: str, title: str) -> Act:
    # First the way, once that is picked the button.
    way = f'#method input[value="{method}"]'
    return Act(
        said("Pick “{title}” under “How to forget”, then press “Forget”.", title=title),
        "studio",
        f"#method label:has({way.removeprefix('#method ')}:not(:checked)), "
        f"body:has({way}:checked) #forget",
        rules.last(method),
    )


HIDE = _forget("head-only", noted("Hide the name"))
ERASE = _forget("esc", noted("Erase (ESC)"))

STEPS: tuple[Step, ...] = (
    Step(
        id="point",
        title=noted("A face becomes a point"),
        text=(
            noted(
                "A computer does not see a face as you do. A model turns every photo into a "
                "long list "
                "of numbers, its features. Photos of one person get nearly the same list."
            ),
            noted("The map draws every list as one point. People are small clouds of points."),
        ),
        terms=(
            (
                noted("Model"),
                noted("a program that has learned from many photos to tell people apart."),
            ),
            (noted("Features"), noted("the list of numbers that the model makes of one photo.")),
        ),
        acts=(
            Act(
                noted("Choose somebody: press a picture under “People”."),
                "studio",
                "#people .cards",
                rules.people(1),
            ),
            Act(
                noted("Choose two more, and look for their points on the map."),
                "studio",
                "#people .cards",
                rules.people(FEW),
            ),
        ),
        facts=(
            noted(
                "You chose {people}. Their {photos} photos are so many points on the map, of "
                "{points} in all."
            ),
            noted("The model turned each photo into {dimension} numbers."),
        ),
        question=noted("What does one point on the map stand for?"),
        answers=(
            Answer(
                noted("One photo"),
                noted("Every photo becomes one list of numbers, and every list is one point."),
                right=True,
            ),
            Answer(
                noted("One person"),
                noted("A person is a whole cloud: one point for each of their photos."),
            ),
            Answer(
                noted("One part of a face, such as an eye"),
                noted("The list describes the whole face; no single number is an eye or a nose."),
            ),
        ),
    ),
    Step(
        id="known",
        title=noted("The model knows them"),
        text=(
            noted(
                "Features are a little like handwriting: a new photo of a person lands near their "
                "other photos. So the model can say who it is by looking which points are nearest."
            ),
            noted("The photos to ask about were kept back: the model stores no name for them."),
        ),
        terms=(
            (
                noted("Test photo"),
                noted("a photo that was kept back, to see what the model really knows."),
            ),
        ),
        acts=(
            Act(
                noted("In “Who is this?” press another of the small photos, or “Another person”."),
                "studio",
                "#query .strip, #who .more-photos",
                rules.asked,
            ),
        ),
        facts=(
            noted("You asked about a photo of {asked}; the model says {answer}."),
            noted(
                "On the test photos of {people} it says the right name {says_before} of the time."
            ),
        ),
        question=noted("How can the model name a photo that it never stored?"),
        answers=(
            Answer(
                noted("It looks the person up on the internet"),
                noted("No. All of this runs on the machine that serves this page."),
            ),
            Answer(
                noted("The photo’s features land near those of the person’s other photos"),
                noted("Near points are taken for the same person."),
                right=True,
            ),
            Answer(
                noted("It compares the pictures dot by dot"),
                noted(
                    "Another light or another angle changes nearly every dot. Features stay close."
                ),
            ),
        ),
    ),
    Step(
        id="hide",
        title=noted("Hide the name"),
        text=(
            noted(
                "Now somebody says: “Forget me!” The cheapest trick is to forbid the answer. The "
                "model may no longer say these names; nothing else in it is changed."
            ),
        ),
        terms=((noted("Output"), noted("the name that the model says in the end.")),),
        acts=(CHOOSE, _undo("head-only"), HIDE),
        facts=(
            noted(
                "At its output the model said the names of {people} {says_before} of the time. "
                "Now it does so {says} of the time."
            ),
        ),
        question=noted("Has the model forgotten them?"),
        answers=(
            Answer(
                noted("Yes: it no longer says their names"),
                noted("Somebody who is told to keep quiet has not forgotten."),
            ),
            Answer(
                noted("Yes: their cards are crossed out"),
                noted(
                    "The page crosses out the cards to show what you asked for. That says nothing "
                    "about what is inside the model."
                ),
            ),
            Answer(
                noted("The output alone cannot tell"),
                noted("The output shows only what it is allowed to say. We have to look inside."),
                right=True,
            ),
        ),
        possible=rules.offered("head-only"),
    ),
    Step(
        id="features",
        title=noted("The features still know"),
        text=(
            noted(
                "Here is the test. Take only the features and train a small helper on them, which "
                "learns everybody’s names anew. Then show it test photos."
            ),
            noted(
                "If the helper still finds somebody, the features still know them. How often it is "
                "right is called KR."
            ),
        ),
        terms=(
            (
                noted("Probe"),
                noted("the small helper, trained to find out what features still know."),
            ),
            (
                noted("KR, knowledge retention"),
                noted("how often the probe names a forgotten person rightly."),
            ),
            (noted("Chance"), noted("how often mere guessing would be right: the dashed line.")),
        ),
        acts=(
            CHOOSE,
            HIDE,
            Act(
                noted("Below “What its features still know”, tick “Show each person”."),
                "studio",
                ".kr-more",
                rules.spread,
            ),
        ),
        facts=(
            noted(
                "The output says the names of {people} {says} of the time. The probe finds them "
                "{kr} of the time; that is their KR."
            ),
            noted("Guessing among all {everybody} people would be right {guess} of the time."),
        ),
        question=noted("The output is silent, but the probe finds them. What does that mean?"),
        answers=(
            Answer(
                noted("The probe cheats and looks at the photos"),
                noted("It is given the features and nothing else. What it finds must be in them."),
            ),
            Answer(
                noted("The name is hidden, and what the model knows is still there"),
                noted("A hidden answer is not a forgotten face."),
                right=True,
            ),
            Answer(
                noted("The probe is lucky"),
                noted(
                    "How lucky a guess can be is known: that is chance. Compare the two figures."
                ),
            ),
        ),
        possible=rules.offered("head-only"),
    ),
    Step(
        id="erase",
        title=noted("Erase the directions"),
        text=(
            noted(
                "Think of features as arrows. The arrows of these people are strong in a few "
                "directions: the tall bars below the methods. ESC flattens those directions, as a "
                "shadow on a wall has no depth."
            ),
            noted(
                "This makes features forget. It does not show that the network inside has "
                "forgotten."
            ),
        ),
        terms=(
            (noted("Direction"), noted("one of the many ways in which features can differ.")),
            (
                noted("Spectrum"),
                noted("the bars: how much of these people lies in each direction."),
            ),
            (noted("ESC"), noted("Erasing Space Concept, the method of this demo.")),
        ),
        acts=(CHOOSE, _undo("esc"), ERASE),
        facts=(
            noted("ESC took {directions} of {dimension} away."),
            noted(
                "KR of {people} was {kr_before}; now it is {kr}. The same probe takes "
                "strangers for "
                "one of them {strangers} of the time: so much is no knowledge."
            ),
            noted("Everybody else is found {rest} of the time; before, it was {rest_before}."),
        ),
        question=noted("What has ESC changed?"),
        answers=(
            Answer(
                noted("It has deleted their photos from the disk"),
                noted("No photo was touched. ESC works on the features."),
            ),
            Answer(
                noted("It has trained the whole network anew"),
                noted("The network is as it was. ESC is a small calculation laid on its end."),
            ),
            Answer(
                noted("It flattens the features that come out of the network"),
                noted(
                    "A small calculation after the network; whoever removes it has everybody back."
                ),
                right=True,
            ),
        ),
        possible=rules.offered("esc"),
    ),
    Step(
        id="strength",
        title=noted("More strength, and who pays"),
        text=(
            noted(
                "Flatten more directions, and less is left of the forgotten. But other people use "
                "the same directions: bystanders, who asked for nothing."
            ),
        ),
        terms=(
            (noted("Bystander"), noted("somebody who was to be kept and is touched all the same.")),
        ),
        acts=(
            CHOOSE,
            _undo("esc"),
            ERASE,
            Act(
                noted("Drag the slider “Strength” far to the right."),
                "studio",
                "#strength",
                rules.stronger,
            ),
            Act(
                noted("Go to “Attack”, wait, and find the table “Everybody else, worst first”."),
                "attack",
                "#attack-hurt, #attack [data-attack], #attack table",
                rules.attacked,
            ),
        ),
        facts=(
            noted(
                "{directions} of {dimension} are gone, and KR of {people} is {kr}. For "
                "strangers it "
                "is {strangers}."
            ),
            noted(
                "{most} is touched most of all others: {lost} of what was in these features "
                "is gone."
            ),
            noted("{hurt} of the {others} others are found less often than before."),
            noted("{unhurt} of the {others} others is found less often, so far."),
            noted(
                "The output names everybody else {said_rest} of the time; before, it was "
                "{said_rest_before}."
            ),
        ),
        question=noted("Why not always take the greatest strength?"),
        answers=(
            Answer(
                noted("It can hurt people who were to be kept"),
                noted("What is flattened for one is flattened for all."),
                right=True,
            ),
            Answer(
                noted("It would take hours"),
                noted("It did not: the page has answered while you dragged."),
            ),
            Answer(
                noted("Only then could it be taken back"),
                noted("At every strength, whoever has the untouched network has everybody back."),
            ),
        ),
        possible=rules.offered("esc"),
    ),
    Step(
        id="learn",
        title=noted("Learn to erase"),
        text=(
            noted(
                "ESC-T does not cut whole directions. It learns: it makes small cuts, looks "
                "whether "
                "the model still says the names, and cuts again. Once no name is said, it stops."
            ),
        ),
        terms=((noted("Training"), noted("trying, measuring and correcting, many times over.")),),
        acts=(CHOOSE, _undo("esc-t"), _forget("esc-t", noted("Learn to erase (ESC-T)"))),
        facts=(
            noted("The output says the names of {people} {says} of the time."),
            noted(
                "A freshly trained probe still finds them {kr} of the time; before, it was "
                "{kr_before}. For strangers it is {strangers}."
            ),
        ),
        question=noted(
            "ESC-T stops once the model no longer says the names. What did it not aim at?"
        ),
        answers=(
            Answer(
                noted("That a freshly trained probe finds nothing"),
                noted(
                    "It learned to silence one reader, the model’s own. Another reader may still "
                    "find them: compare the figures."
                ),
                right=True,
            ),
            Answer(
                noted("That the model says no name"),
                noted("That is exactly its aim, and when it is reached the training stops."),
            ),
            Answer(
                noted("That few cuts are made"),
                noted("It makes small cuts and stops as soon as it can."),
            ),
        ),
        possible=rules.offered("esc-t"),
    ),
    Step(
        id="hole",
        title=noted("The erased leave a hole"),
        text=(
            noted(
                "Rub somebody out of a photograph: who it was cannot be seen, but the white "
                "spot can. "
                "Erased features are unusual too, for example shorter. A detector can learn that: "
                "not who was erased, but that somebody was."
            ),
        ),
        terms=(
            (
                noted("Attack"),
                noted("a test by somebody who wants to find out what was to be forgotten."),
            ),
            (noted("Length"), noted("how large all numbers of one list are, taken together.")),
            (noted("Detector"), noted("a program trained to tell the erased from strangers.")),
            (noted("Stranger"), noted("somebody whom the model has never stored.")),
        ),
        acts=(
            CHOOSE,
            Act(
                noted(
                    "Forget them with “Erase” or “Learn to erase”; first press “Undo” where "
                    "another "
                    "way was used."
                ),
                "studio",
                "#forget, #undo",
                rules.erased,
            ),
            ATTACK,
        ),
        facts=(
            noted(
                "Told from strangers by length alone: {length}. By a trained detector: {detector}. "
                "Guessing scores {coin}; the more above it, the clearer the hole."
            ),
        ),
        question=noted("What does the detector find out?"),
        answers=(
            Answer(
                noted("The name of the erased person"),
                noted(
                    "It is not asked who it was. Yet a hole is a hint, if few people come into "
                    "question."
                ),
            ),
            Answer(
                noted("Nothing: the person is gone"),
                noted("Look at the scores. What is missing can be seen as well."),
            ),
            Answer(
                noted("That somebody has been erased"),
                noted("The hole itself gives it away."),
                right=True,
            ),
        ),
        possible=rules.strangers,
    ),
    Step(
        id="stranger",
        title=noted("Answer like a stranger"),
        text=(
            noted(
                "What does the model make of somebody it has never met? Ordinary features that fit "
                "nobody. The method “Stand-in” gives just that for a forgotten face: the features "
                "of a made-up stranger, another one for every photo."
            ),
        ),
        terms=(
            (noted("Stand-in"), noted("made-up features that are put in place of the real ones.")),
        ),
        acts=(CHOOSE, _undo("stand-in"), _forget("stand-in", noted("Stand-in (ours)"))),
        facts=(
            noted(
                "Told from strangers by length: {length}. By a trained detector: {detector}. "
                "Guessing scores {coin}."
            ),
            noted(
                "The probe finds {people} {kr} of the time, and takes strangers for one of them "
                "{strangers} of the time."
            ),
        ),
        question=noted("When does a model treat somebody as forgotten?"),
        answers=(
            Answer(
                noted("When it is always wrong about them"),
                noted(
                    "Being wrong in a special way gives them away; and whoever they are taken for "
                    "is an innocent person."
                ),
            ),
            Answer(
                noted("When it treats them like somebody it has never met"),
                noted("Then neither a name nor a hole tells that they were there."),
                right=True,
            ),
            Answer(
                noted("When their features are all zero"),
                noted("Nothing but zeros is the clearest hole of all."),
            ),
        ),
        possible=rules.offered("stand-in"),
    ),
    Step(
        id="network",
        title=noted("Who holds the network holds everything"),
        text=(
            noted(
                "All these methods work at the end: they change what comes out of the network. But "
                "a network has many layers, and each can be asked. Whoever holds the network can "
                "leave the eraser out."
            ),
            noted("So what would you ask of a company that has your face?"),
        ),
        terms=(
            (noted("Network"), noted("the inside of the model: photos go in, features come out.")),
            (
                noted("Layer"),
                noted("one of the steps by which the network gets from photo to features."),
            ),
        ),
        acts=(
            CHOOSE,
            Act(
                noted("Forget them, in whatever way you like."),
                "studio",
                "#forget",
                rules.forgotten,
            ),
            ATTACK,
            Act(
                noted("Press “Ask every layer, too”, and look at the chart “KR by depth”."),
                "attack",
                "#attack [data-attack], #attack-depth",
                rules.layers_asked,
            ),
        ),
        facts=(
            noted(
                "Just before the eraser (“{layer}”) a probe finds {people} {layer_kr} of the time; "
                "after it, {last_kr}."
            ),
        ),
        question=noted(
            "A company says: “We have erased your face.” What is the best thing to ask?"
        ),
        answers=(
            Answer(
                noted("Does the app still say my name?"),
                noted("A name can be hidden while the features still know."),
            ),
            Answer(
                noted(
                    "What does a fresh test of the inside find, and what became of my "
                    "photos and of "
                    "the network?"
                ),
                noted("That asks about what is known, not about what is said."),
                right=True,
            ),
            Answer(
                noted("Is my picture gone from the list?"),
                noted(
                    "A list is the easiest thing to change; it says nothing about what is known."
                ),
            ),
        ),
        possible=rules.layered,
    ),
)


def find(step: object) -> Step | None:
    """The step of this id; None where there is none."""
    return next((one for one in STEPS if one.id == step), None)
