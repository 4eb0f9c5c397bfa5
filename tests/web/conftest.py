import pytest

from served import House


@pytest.fixture
def house(tmp_path, clock, quick_hashes):
    found = House(tmp_path, clock)
    yield found
    found.accounts.close()


@pytest.fixture
def app(house):
    with house.serving() as served:
        yield served
