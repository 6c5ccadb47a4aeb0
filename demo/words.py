"""What the page's words mean, for who has never met them: all but the figures and the methods.

Figures are explained by their specification (`engine.audit`), methods by theirs
(`engine.erasure`); `demo.glossary` joins the three.
"""

from engine.said import noted

WORDS: dict[str, str] = {
    noted("ArcFace"): noted(
        "A way to cut a face out of a photo, by eyes, nose and corners of the mouth, and a "
        "way to train backbones that is used with it."
    ),
    noted("attack"): noted(
        "An attempt to find out from what the model computes who a forgotten person is. A "
        "deletion is as good as the strongest attack that fails on it."
    ),
    noted("auto"): noted(
        "The strength where the bars fall off: the directions before the fall hold the chosen "
        "people, those behind it hold what everybody shares."
    ),
    noted("backbone"): noted(
        "The network that turns a photo of a face into numbers, its embedding. It was "
        "trained before, on many people, and is the part that knows faces."
    ),
    noted("choose by box"): noted(
        "Drag a box on the map, or drag with Shift held: whoever has at least half of "
        "their points in it is chosen too. With Alt held they are no longer chosen; Escape ends it."
    ),
    noted("chance"): noted(
        "What blind guessing reaches. Where a figure is no better than chance, nothing is known."
    ),
    noted("cosine"): noted(
        "How alike two embeddings are: 1 for the same face in the same photo, about 0 for "
        "two faces that have nothing in common."
    ),
    noted("direction"): noted(
        "One way in which embeddings can differ. A person's photos are strong in a few "
        "directions, and erasing flattens those for everybody."
    ),
    noted("embedding"): noted(
        "The list of numbers that the backbone makes of a photo. Photos of one person get "
        "similar numbers, so that faces can be compared by them."
    ),
    noted("energy removed"): noted(
        "How much of somebody's embeddings lay in the directions that were removed."
    ),
    noted("enrolled photo"): noted(
        "A photo from which the model learned a person. Figures are measured on "
        "others, the test photos."
    ),
    noted("features"): noted(
        "What the model has computed of a photo before it says a name: the embedding. A "
        "name can be hidden while the features still know the face."
    ),
    noted("forgotten"): noted(
        "A person whom you made the model forget. Their points on the map are hollow "
        "where they were and filled where they are now."
    ),
    noted("gallery"): noted(
        "The people that the page is about, and their photos. Some photos of each are "
        "enrolled, the others are kept back to test."
    ),
    noted("guessing: all"): noted("What guessing one of all people reaches."),
    noted("guessing: them"): noted("What guessing one of the forgotten people reaches."),
    noted("head"): noted(
        "The last step of the model: it turns an embedding into a name. It can be silenced "
        "without changing what is known."
    ),
    noted("identity"): noted("One person as the model has them: all photos under one name."),
    noted("interval"): noted(
        "The true figure lies in it 19 times of 20; a short one means many photos were measured."
    ),
    noted("known"): noted("A person whom the model still has, as it had before."),
    noted("layer"): noted(
        "One of the steps of a backbone. What is erased at its end may still be there in the "
        "layers before."
    ),
    noted("linear probe"): noted(
        "A probe that may only weigh and add the numbers of an embedding. What it finds lies open."
    ),
    noted("loss"): noted(
        "How wrong a model is about a photo while it is trained, 0 for not at all."
    ),
    noted("map"): noted(
        "Each point is a photo, and photos that the model finds alike lie close together. Only "
        "closeness means something; left, right, up and down do not."
    ),
    noted("model"): noted(
        "What is asked to forget: a backbone that turns a photo into numbers, and a head that "
        "turns the numbers into a name."
    ),
    noted("ONNX"): noted(
        "A file format in which trained networks are passed on, whoever trained them."
    ),
    noted("output"): noted("The name that the model's own head gives a photo."),
    noted("penalty"): noted(
        "What holds a probe back from bold answers; the smaller it is, the harder the "
        "attacker tries."
    ),
    noted("probe"): noted(
        "A new, simple classifier that is trained on the features to see what they still "
        "tell. It does not ask the model's own head."
    ),
    noted("rank"): noted(
        "A place in a list of the nearest photos: rank 1 is the best match. Of a deletion, how "
        "many directions it removes."
    ),
    noted("ROC"): noted(
        "A curve of how many true pairs are let in against how many false ones, from strict to "
        "lenient. The further it is from the diagonal, the better faces are told apart."
    ),
    noted("signs"): noted(
        "● is a photo of the right person, ▲ somebody else's that is accepted as theirs, ○ "
        "and × are too far away to be accepted."
    ),
    noted("similarity"): noted(
        "How alike two photos are to the model, from 0 to 1; the cosine of their embeddings."
    ),
    noted("singular values"): noted(
        "How much of the chosen people lies in each direction, the most first: a "
        "bar each. Erasing removes the bars before the cut."
    ),
    noted("spectrum"): noted(
        "All singular values side by side, from the strongest direction to the weakest."
    ),
    noted("strangers"): noted(
        "People who were never enrolled. What an attack makes of them shows what it makes "
        "of somebody of whom nothing is known."
    ),
    noted("stranger floor"): noted(
        "How often the same probe takes strangers for one forgotten person. A figure "
        "down there says that nothing is left."
    ),
    noted("strength"): noted(
        "How many directions are removed. Too few leave traces of the forgotten, too many "
        "cost everybody else."
    ),
    noted("test photo"): noted(
        "A photo that was kept back: the model has not seen it, and figures are measured on it."
    ),
    noted("threshold"): noted("The similarity from which on two photos count as one person."),
    noted("UMAP"): noted(
        "The method that draws the map: it lays hundreds of numbers a photo out on a plane, "
        "and keeps neighbours neighbours."
    ),
}
"""A word as the page has it, and one or two plain sentences."""
