"""The state of a talk: bounded, storable, and true to what was shown."""

from bot.assistant.session import MAX_TURNS, Session, Topic, nth_of


def test_it_can_be_stored_and_read_back() -> None:
    talk = Session()
    talk.user_says("my cat")
    talk.take_up(Topic(content="my cat"))
    talk.show([3, 1], [7])
    talk.refuse([3])
    again = Session.model_validate_json(talk.model_dump_json())
    assert again == talk
    assert again.conversation().turns[0].text == "my cat"


def test_the_newest_turns_are_kept() -> None:
    talk = Session()
    for number in range(500):
        talk.user_says(f"message {number}")
    turns = talk.conversation().turns
    assert (len(turns), turns[-1].text) == (MAX_TURNS, "message 499")
    assert len(talk.open_conversation().turns) == MAX_TURNS


def test_what_photos_were_shown_for_is_settled() -> None:
    talk = Session()
    talk.user_says("my cat")
    talk.user_says("look")
    talk.take_up(Topic(content="my cat"))
    talk.show([], [])
    assert len(talk.open_conversation().turns) == 2, "nothing was shown"
    talk.show([1], [])
    assert len(talk.open_conversation().turns) == 2, "with nothing new, all of it"
    for number in range(MAX_TURNS + 5):
        talk.user_says(f"temple {number}")
    assert all("temple" in turn.text for turn in talk.open_conversation().turns)


def test_a_topic_taken_up_again_moves_to_the_end() -> None:
    first, second = Topic(content="a"), Topic(content="b")
    talk = Session(topics=[first, second])
    talk.take_up(talk.topics[0])
    assert [topic.content for topic in talk.topics] == ["b", "a"]


def test_own_sentences_are_no_part_of_the_conversation() -> None:
    talk = Session()
    talk.bot_says("  ")
    assert not talk.conversation().turns


def test_photos_by_their_place() -> None:
    assert [nth_of([5, 6, 7], number) for number in (1, 3, -1, 4, 0, -4)] == [
        5,
        7,
        7,
        None,
        None,
        None,
    ]
