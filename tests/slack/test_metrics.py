"""Counters, written as Prometheus reads them."""

from bot.slack.metrics import Metrics


def test_what_was_counted_is_written_with_its_labels() -> None:
    """Once for each set of labels."""
    metrics = Metrics()
    metrics.count("questions_total", command="task", door="mention")
    metrics.count("questions_total", command="task", door="mention")

    line = 'debug_bot_questions_total{command="task",door="mention"} 2\n'
    assert line in metrics.text()


def test_a_duration_is_summed_and_counted() -> None:
    """So that an average can be drawn."""
    metrics = Metrics()
    metrics.observe("question_seconds", 0.5, command="task")
    metrics.observe("question_seconds", 1.0, command="task")

    text = metrics.text()
    assert 'debug_bot_question_seconds_sum{command="task"} 1.5\n' in text
    assert 'debug_bot_question_seconds_count{command="task"} 2\n' in text


def test_questions_to_a_source_are_counted_by_what_came_of_them() -> None:
    """With the seconds that they took."""
    metrics = Metrics()
    metrics.source("supabase", "answered", 0.25)

    text = metrics.text()
    labels = '{source="supabase",outcome="answered"}'
    assert f"debug_bot_source_seconds_sum{labels} 0.25\n" in text
    assert f"debug_bot_source_seconds_count{labels} 1\n" in text


def test_a_label_cannot_break_the_page() -> None:
    """Quotes and line ends are escaped."""
    metrics = Metrics()
    metrics.count("refusals_total", error='a"b\nc\\')

    assert r'debug_bot_refusals_total{error="a\"b\nc\\"} 1' in metrics.text()


def test_every_family_is_explained() -> None:
    """Also those that nothing was counted for."""
    text = Metrics().text()

    assert "# TYPE debug_bot_busy_total counter" in text
    assert "# TYPE debug_bot_question_seconds summary" in text
