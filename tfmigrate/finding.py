"""Findings: what the tool has to say to a person, and the one table of codes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """ERROR: a file could not be handled. REFUSED: code stays TF1. REVIEW: rewritten, look at it. BUG: ours.

    AUDIT: wrong or fragile in the original, whatever becomes of it.
    """

    ERROR = "error"
    REFUSED = "refused"
    REVIEW = "review"
    BUG = "bug"
    AUDIT = "audit"


@dataclass(frozen=True)
class Code:
    """One row of the table: a title, why it matters, what to do."""

    severity: Severity
    title: str
    why: str
    todo: str


@dataclass(frozen=True, order=True)
class Related:
    """Another place that a finding is about, and what is there."""

    path: str
    line: int
    column: int
    text: str


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to tell the user, at its line. line is 1-based, column 0-based."""

    path: str
    line: int
    column: int
    code: str
    message: str
    related: tuple[Related, ...] = ()

    @property
    def severity(self) -> Severity:
        return CODES[self.code].severity

    @property
    def todo(self) -> str:
        return CODES[self.code].todo


_E, _R, _V, _B, _A = Severity.ERROR, Severity.REFUSED, Severity.REVIEW, Severity.BUG, Severity.AUDIT

CODES: dict[str, Code] = {
    # 0xx: the file itself
    "TFM001": Code(
        _E,
        "file cannot be read",
        "The operating system refused to open it.",
        "Check that it exists and that you may read it.",
    ),
    "TFM002": Code(
        _E,
        "file cannot be decoded",
        "Its bytes are not valid in the encoding it declares (UTF-8 if none).",
        "Fix the encoding cookie or convert the file to UTF-8.",
    ),
    "TFM003": Code(
        _E,
        "file cannot be parsed",
        "It is valid neither as Python 3 nor as Python 2, or holds what the parser that keeps comments does not know.",
        "Fix the syntax error, or write that line another way.",
    ),
    "TFM004": Code(
        _E,
        "file cannot be written",
        "It is read-only or the disk refused the write.",
        "Make it writable, or migrate into a copy with --out.",
    ),
    "TFM005": Code(
        _E, "file changed meanwhile", "It is no longer what was analysed, so the plan no longer fits.", "Run again."
    ),
    "TFM006": Code(
        _E,
        "uncommitted changes",
        "The file would be written over, and git has no copy of what it holds now.",
        "Commit or stash the changes, or add --allow-dirty (`tfmigrate undo` brings the file back either way).",
    ),
    "TFM007": Code(
        _E,
        "file changed since it was written",
        "Somebody edited the file after the migration, and taking the migration back would lose that.",
        "Move the file away, run `tfmigrate undo` again, and merge your changes by hand.",
    ),
    "TFM008": Code(
        _E,
        "file too large",
        "No person wrote a program of this size, and following it would take very long.",
        "Split the file, or leave it out: what is generated can be generated anew.",
    ),
    "TFM009": Code(
        _R,
        "generated file",
        "It says that a program wrote it, so a change would be lost when that runs again.",
        "Change what generates it, or name the file itself to change it all the same.",
    ),
    "TFM010": Code(
        _R,
        "link out of the tree",
        "It leads to a file that does not belong to what was named, and others may use that too.",
        "Name the file that it leads to as well.",
    ),
    "TFM011": Code(
        _V,
        "Python 2 file",
        "What it becomes runs on TensorFlow 2, hence on Python 3, so 2to3 (fissix) converts the file first.",
        "Look at the first part of the diff: strings and bytes, and the order of mixed types, are yours to judge. What"
        " stays Python 2 has to be converted by hand.",
    ),
    "TFM012": Code(
        _V,
        "division in a Python 2 file",
        "Whether a division rounds down depends on values that the text does not show.",
        "Write // where both sides are whole numbers.",
    ),
    # 1xx: the program is wrong already
    "TFM101": Code(
        _R,
        "variable made a second time",
        "TF1 raises ValueError here: the variable exists and reuse is off.",
        "Pass reuse=True at the second call, or another scope.",
    ),
    "TFM102": Code(
        _R,
        "variable reused before it was made",
        "TF1 raises ValueError here: reuse is on and there is nothing to reuse.",
        "Make the variables first, or use tf.AUTO_REUSE.",
    ),
    # 2xx: names and scopes
    "TFM201": Code(
        _R,
        "name cannot be known",
        "The name of this scope or variable is computed from something outside the program's text.",
        "Write the name as a literal or pass it as one through the calls.",
    ),
    "TFM202": Code(
        _R,
        "name with a slash",
        "Keras' names may not contain '/', and here it cannot be told what stands between the slashes.",
        "Open one scope per segment.",
    ),
    "TFM203": Code(
        _R,
        "scope argument not carried over",
        "This argument of variable_scope changes the variables inside, and a layer has no place for it.",
        "Pass it to each get_variable instead.",
    ),
    "TFM204": Code(
        _R,
        "automatic number not known",
        "TF1 numbers unnamed layers by the order of calls, which depends on a condition here, or on a loop that does "
        "not make as many in every round.",
        "Give the layer a name.",
    ),
    "TFM205": Code(
        _R,
        "scope object used",
        "The scope object is stored, passed on or entered again.",
        "Open the scope by its name, or pass the layer's output.",
    ),
    "TFM206": Code(
        _R,
        "reuse depends on run-time state",
        "Whether variables are shared is decided by something that changes while the program runs.",
        "Pass reuse as an argument, or use tf.AUTO_REUSE.",
    ),
    "TFM207": Code(
        _R,
        "reuse switched on for what no block holds",
        "reuse_variables() holds until the scope is left, and no `with` can be put around all that this is.",
        "Open a scope with reuse=True around what is to be reused.",
    ),
    "TFM208": Code(
        _R,
        "eager execution",
        "Where TF1 executes eagerly, a name finds nothing: every get_variable makes another variable.",
        "Make the layers once and call them, or build a graph in tf.Graph().as_default().",
    ),
    # 3xx: sharing and owners
    "TFM301": Code(
        _R,
        "nobody calls this",
        "Without a call it cannot be known who shares these variables.",
        "Delete it if nothing does; otherwise name the file with the program that calls it as well.",
    ),
    "TFM302": Code(
        _R,
        "function used as a value",
        "A function that is passed on may be called from anywhere, in any scope.",
        "Call it directly, or migrate this network by hand.",
    ),
    "TFM303": Code(
        _R,
        "no common owner",
        "The calls that share these variables stand in functions that hold nothing in common before the first call.",
        "Make the calls in one function, or in methods of one class.",
    ),
    "TFM304": Code(
        _R,
        "sharing calls disagree",
        "Variables that are shared depend on an argument that differs between the calls.",
        "Give every call the same value, or another scope.",
    ),
    "TFM305": Code(
        _R,
        "shared here but not there",
        "The same two calls share variables in one place of the program and not in another.",
        "Give the calls scope names that do not depend on the place.",
    ),
    "TFM306": Code(
        _R,
        "two functions, one scope",
        "Two functions share a scope in a way that one layer cannot express.",
        "Let one function make all the variables and the other use them.",
    ),
    "TFM307": Code(
        _R,
        "call cannot be followed",
        "It may reach this code in a scope that is not known.",
        "Delete the code around it if nothing calls that; else call it on an object whose class the program shows.",
    ),
    "TFM308": Code(
        _R,
        "used in files that were not named",
        "They would have to change with it, so it stays as it is.",
        "Name those files too, or add --with-callers.",
    ),
    "TFM309": Code(
        _R,
        "parts that keep each other back",
        "Each proof of the whole took another part back, too often to go on, so all that was left stays as it is.",
        "Settle the other findings first, or migrate fewer files at a time.",
    ),
    "TFM310": Code(
        _R,
        "needs a file that stays as it is",
        "What migrates together migrates whole, and one of its files may not or cannot be changed.",
        "Settle what is said of that file first.",
    ),
    # 4xx: construction, build and call
    "TFM401": Code(
        _R,
        "known only at the call",
        "A variable or layer depends on a value that exists only when the network runs.",
        "Compute it from shapes or from arguments that are the same for all calls.",
    ),
    "TFM402": Code(
        _R,
        "made under a condition of the call",
        "A variable exists only if something holds that is known when the network runs.",
        "Make the condition a constructor argument.",
    ),
    "TFM403": Code(
        _R,
        "made where a layer cannot make it",
        "Variables are made in a lambda, a generator, a branch nothing reaches, or an inner function not only called.",
        "Move the code into a function of the module.",
    ),
    "TFM404": Code(
        _R,
        "object state that cannot be passed",
        "The body uses its object, or sets attributes, in a way that a layer beside it cannot.",
        "Pass what it needs as arguments and return what it makes.",
    ),
    "TFM405": Code(
        _R,
        "helper does more at each call",
        "It makes a variable and has an effect each time it is called.",
        "Split the effect from the making.",
    ),
    "TFM406": Code(
        _R,
        "*args or **kwargs",
        "Which argument belongs to the constructor and which to the call cannot be seen.",
        "Write the arguments out.",
    ),
    "TFM407": Code(
        _R,
        "decorated function",
        "A decorator may call the function in a way that is not visible.",
        "Remove the decorator or migrate this function by hand.",
    ),
    "TFM408": Code(
        _R,
        "placeholder without a shape",
        "Keras asks every tensor that a layer is called with for its rank, and this one has none.",
        "Give the placeholder its shape: [] for a single number, [None, 784] for a batch.",
    ),
    # 5xx: symbols
    "TFM501": Code(
        _R,
        "layer library not covered",
        "This library makes variables by rules that are not covered yet.",
        "Replace the call by tf.layers or tf.get_variable, or wait for a later version.",
    ),
    "TFM502": Code(
        _R,
        "layer argument not covered",
        "Keras gives this argument another meaning, or has none.",
        "Remove the argument, or migrate this layer by hand.",
    ),
    "TFM503": Code(
        _R,
        "variable argument not covered",
        "add_weight has no argument that does the same.",
        "Remove the argument, or migrate this variable by hand.",
    ),
    "TFM504": Code(
        _R,
        "tf.Variable under a scope",
        "tf.Variable makes a new variable at every call, shared scope or not.",
        "Use tf.get_variable if it should be shared.",
    ),
    "TFM505": Code(
        _R,
        "make_template",
        "A template keeps its own scope from call to call.",
        "Call the function in a variable scope with reuse.",
    ),
    "TFM506": Code(
        _R,
        "float64 or float16",
        "Keras casts inputs to the layer's dtype, so other precisions would change silently.",
        "Migrate by hand with dtype= on every layer.",
    ),
    "TFM507": Code(
        _R,
        "arg_scope cannot be followed",
        "It gives layers arguments that the code around them does not show.",
        "Write the arg_scope with its list of functions around the layers, or give the arguments at the calls.",
    ),
    "TFM508": Code(
        _V,
        "not in TensorFlow 2",
        "TensorFlow 2 has no contrib; a call that makes no layer stays as it is, and fails there.",
        "Replace the call, or take tf_slim, which runs under TensorFlow 2.",
    ),
    "TFM509": Code(
        _R,
        "code from outside in a scope",
        "Functions of other packages, of files that are missing, or that only a run knows may make variables under the"
        " scope that is open, and blocks that are entered with such may open one.",
        "Name the files that are missing as well; what makes no variables can be called outside of the scope.",
    ),
    "TFM510": Code(
        _R,
        "variables of an optimizer or an average in a layer",
        "What an optimizer, a moving average or a global step adds is named after the variable scope that is open, and"
        " in a layer none is: old checkpoints would not load.",
        "Call it outside of the scope of the network.",
    ),
    # 6xx: collections and names
    "TFM601": Code(
        _R,
        "variable list is not a set of layers",
        "The list filters variables by name in a way that no list of layers gives.",
        'Select by the scopes of whole networks, in the function that calls them: tf.trainable_variables("disc").',
    ),
    "TFM602": Code(
        _R,
        "variables found by name",
        "The program finds variables or operations by their TF1 names, which change.",
        "Use the layer's variables, or map the names with tfmigrate's variable map.",
    ),
    "TFM603": Code(
        _R,
        "collection that Keras does not fill",
        "Keras layers do not add to this collection.",
        "Use the layers' losses or updates.",
    ),
    "TFM604": Code(
        _V,
        "saver keeps TensorFlow's names",
        "A Saver without a list stores the new variable names, so old checkpoints do not load as they are.",
        "Give the Saver a dictionary of names, or convert old checkpoints; `renamed_savers` lets `check` accept it.",
    ),
    "TFM605": Code(
        _V,
        "names of variables in code that nothing calls",
        "It selects variables by the names that they had before, which those of layers have no more.",
        "Delete it if nothing calls it; otherwise let it take the layer and select by `var.path`.",
    ),
    # 7xx: what `audit` says of the original
    "TFM701": Code(
        _A,
        "sharing calls with two shapes",
        "TF1 raises ValueError when it comes to the second call: a variable has one shape and one dtype.",
        "Give both calls the same shape, or one of them a scope of its own.",
    ),
    "TFM702": Code(
        _A,
        "argument of a reusing call has no effect",
        "Only the call that makes a variable decides how it begins and whether it is trained; TF1 ignores what later"
        " calls say.",
        "Say it at the call that makes the variable, and nothing or the same at the others.",
    ),
    "TFM703": Code(
        _A,
        "nearly the same name under AUTO_REUSE",
        "tf.AUTO_REUSE makes a variable that it does not find, so a slip in a name is no error but a second variable.",
        "Spell the name as the other call does, or write reuse=True where nothing may be made.",
    ),
    "TFM704": Code(
        _A,
        "unnamed layer stands for another one",
        "TF1 numbers unnamed layers as they come, so after a layer that only some calls have, all others take the"
        " variables of their neighbours.",
        "Give the layers names.",
    ),
    "TFM705": Code(
        _A,
        "one name for two layers in a row",
        "Under tf.AUTO_REUSE the second call does not fail but takes the variables of the first.",
        "Give the second layer a name of its own; if they are to share, write reuse=True there.",
    ),
    "TFM706": Code(
        _A,
        "reuse switched on for others",
        "reuse_variables() holds until the scope is left, and this function did not open it: what comes after the call"
        " can make no variables.",
        "Open a scope in the function, with reuse=True.",
    ),
    "TFM707": Code(
        _A,
        "reuse=False does not switch reuse off",
        "A scope takes over the reuse of the scope around it; False is the same as saying nothing.",
        "Leave the argument out, or open the scope outside the reused one.",
    ),
    "TFM708": Code(
        _A,
        "reuse without a name",
        "TF1 raises ValueError here: a scope that gets an automatic name is always a new one.",
        "Give the scope its name instead of default_name, or leave reuse out.",
    ),
    "TFM709": Code(
        _A,
        "tf.Variable in a reused function",
        "tf.Variable makes a new variable at every call, also in a scope that is reused; only get_variable shares.",
        "Use tf.get_variable, or make the variable outside the function.",
    ),
    "TFM710": Code(
        _A,
        "misspelt reuse",
        "No function of the program takes an argument of this name: either Python raises TypeError here, or it"
        " disappears in **kwargs and nothing is shared.",
        "Write reuse.",
    ),
    "TFM711": Code(
        _A,
        "scope name repeated in another file",
        "The list is found by the text of a name that another file chooses; whoever renames the scope there gets"
        " another list here, and no error.",
        "Let the file that opens the scope hand out its name, or the list of its variables.",
    ),
    "TFM712": Code(
        _A,
        "no variable has such a name",
        "The list of variables that this makes is empty.",
        "Compare the text with the names of the scopes.",
    ),
    "TFM713": Code(
        _A,
        "filter that catches the middle of a name",
        "`in` finds its text anywhere in a name, also in one that means something else.",
        "Use name.startswith(...) with the whole scope and its slash, or trainable_variables(scope).",
    ),
    "TFM714": Code(
        _A,
        "two files share a variable by its name",
        "Under tf.AUTO_REUSE whoever asks second for a name in the scope of a common caller gets the variable of the"
        " first, whether or not the one knows of the other.",
        "Let each function open a scope of its own; if they are to share, let both open the same one.",
    ),
    # 9xx: ours
    "TFM901": Code(
        _B,
        "recount differs",
        "The emitted code would not make the same variables, so nothing of this cluster was written.",
        "Please report it with the two inventories below.",
    ),
    "TFM902": Code(
        _B,
        "emitted code is not valid",
        "The emitted text does not parse or changes again on a second run, so it was not written.",
        "Please report it with the file.",
    ),
    "TFM903": Code(
        _B,
        "analysis failed",
        "tfmigrate made a mistake here; what depends on this was left as it is.",
        "Please report it with the file.",
    ),
    "TFM904": Code(
        _B,
        "refuted by the check",
        "Run beside the original, the emitted code did something else, so what migrates together was left as it is.",
        "Please report it with the sentence above; the plain apply would write what was refuted.",
    ),
    "TFM905": Code(
        _R,
        "not reached by the check",
        "What the check ran makes none of these variables, and only what was shown to be the same is written.",
        "Call it in the function that the check runs (`tfmigrate probe` writes one), or apply without --check.",
    ),
}


def of_audit() -> list[str]:
    """The codes that an audit may give: what TF1 raises at, and what is fragile."""
    return [code for code, row in CODES.items() if row.severity is Severity.AUDIT or code.startswith("TFM1")]
