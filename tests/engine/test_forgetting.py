"""A model's indexes without some users: of these nothing is left, of others everything."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from personalize_web.engine import artifacts, attributes, evaluation, forgetting, indexing_histories
from personalize_web.engine.attributes import Attributes
from personalize_web.engine.columns import ColumnStore
from personalize_web.engine.history import HistoryIndex
from personalize_web.engine.splitting import hash_of
from tests.engine.small_schemas import EVENT, optional, plain, schema_of

INTERACTIONS = schema_of("INTERACTIONS", *EVENT, plain("EVENT_TYPE"))
USERS = schema_of("USERS", plain("USER_ID"), optional("CITY"), optional("AGE", "int"), optional("PAID", "boolean"))


def snapshot(root, schema, rows):
    store = ColumnStore(root)
    columns = dict(zip(schema.names, map(list, zip(*rows, strict=True)), strict=True))
    types = {"long": pa.int64(), "int": pa.int32(), "string": pa.string(), "boolean": pa.bool_()}
    table = pa.table({field.name: pa.array(columns[field.name], types[field.type]) for field in schema.fields})
    with store.staging() as aside:
        pq.write_table(table, aside / "rows.parquet")
        return store.replace_bulk([aside / "rows.parquet"], schema)


@pytest.fixture
def histories(tmp_path):
    rows = [(f"user-{number % 7}", f"item-{number % 11}", number, "Watch") for number in range(200)]
    rows.append(("user-3", "secret-item", 1_000, "Watch"))
    path = tmp_path / "history"
    indexing_histories.build(snapshot(tmp_path / "columns", INTERACTIONS, rows), path)
    return path


def told(history):
    return list(history.item_ids), list(history.event_types), list(history.timestamps)


@pytest.mark.parametrize("piece", [1, 17, 4_000_000])
def test_histories_of_others_stay_as_they_were(histories, monkeypatch, piece):
    monkeypatch.setattr(forgetting, "PIECE", piece)
    before = HistoryIndex.open(histories)
    others = {user: told(before.of(user)) for user in ("user-0", "user-4", "user-6")}
    assert forgetting.forget_histories(histories, ["user-3", "user-5", "nobody"]) == 2
    after = HistoryIndex.open(histories)
    assert {user: told(after.of(user)) for user in others} == others
    assert after.version == before.version
    assert len(after.users) == len(before.users) - 2


def test_nothing_of_a_forgotten_user_is_left_in_the_file(histories):
    assert b"user-3" in histories.read_bytes()
    assert b"secret-item" in histories.read_bytes()
    forgetting.forget_histories(histories, ["user-3"])
    assert b"user-3" not in histories.read_bytes()
    assert b"secret-item" not in histories.read_bytes()
    assert len(HistoryIndex.open(histories).of("user-3")) == 0


def test_a_file_without_the_users_is_not_touched(histories):
    before = histories.stat().st_ino
    assert forgetting.forget_histories(histories, ["nobody"]) == 0
    assert histories.stat().st_ino == before


def test_everybody_can_be_forgotten(histories):
    everybody = HistoryIndex.open(histories).users.all()
    assert forgetting.forget_histories(histories, everybody) == 7
    assert len(HistoryIndex.open(histories).users) == 0


def test_records_go_and_others_stay(tmp_path):
    rows = [("u1", "Rome", 30, True), ("u2", "Xanadu", None, None), ("u3", None, 40, False), ("u4", "", 50, True)]
    path = tmp_path / "users"
    attributes.build(snapshot(tmp_path / "columns", USERS, rows), USERS, path)
    before = {user: Attributes.open(path).row(user) for user in ("u1", "u3", "u4")}
    assert forgetting.forget_records(path, ["u2", "nobody"]) == 1
    after = Attributes.open(path)
    assert {user: after.row(user) for user in before} == before
    assert after.row("u2") is None
    assert b"Xanadu" not in path.read_bytes()
    assert b"u2" not in path.read_bytes()
    assert forgetting.forget_records(path, ["u2"]) == 0


def test_users_that_a_model_was_judged_by_are_forgotten_and_what_lies_beside_it_stays(tmp_path):
    hashes = np.array([hash_of(each) for each in ("u1", "u2", "u3")], np.uint64)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, users=hashes, truths=np.array([1, 2, 3]), hits=np.zeros((3, 4), np.uint8))
    model = tmp_path / "model"
    artifacts.write(model, {"kind": "popularity"}, {"popular": np.arange(3)}, {evaluation.FILE: buffer.getvalue()})
    (model / "history").write_bytes(b"beside")
    assert forgetting.forget_test_users(model, ["u2", "nobody"])
    with np.load(model / evaluation.FILE) as left:
        assert left["users"].tolist() == hashes[[0, 2]].tolist()
        assert left["truths"].tolist() == [1, 3]
    assert artifacts.read(model).array("popular").tolist() == [0, 1, 2]
    assert (model / "history").read_bytes() == b"beside"
    assert not forgetting.forget_test_users(model, ["u2"])
