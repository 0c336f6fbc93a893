"""create_model of the script pix2pix.py, with few filters; its last line would start the training."""

import os
import types

OPTIONS = ["--mode", "train", "--output_dir", "out", "--ngf", "2", "--ndf", "2"]


def build():
    import sys

    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "pix2pix.py")) as file:
        text = file.read().rstrip()
    assert text.endswith("main()")
    sys.argv[1:] = OPTIONS
    script = types.ModuleType("pix2pix")
    exec(compile(text[: -len("main()")], "pix2pix.py", "exec"), script.__dict__)
    tf = script.tf
    inputs = tf.placeholder(tf.float32, [1, 256, 256, 3], name="inputs")
    targets = tf.placeholder(tf.float32, [1, 256, 256, 3], name="targets")
    model = script.create_model(inputs, targets)
    return {
        "outputs": model.outputs,
        "predict_real": model.predict_real,
        "predict_fake": model.predict_fake,
        "discrim_loss": model.discrim_loss,
        "gen_loss_L1": model.gen_loss_L1,
        "train_step": model.train,
    }
