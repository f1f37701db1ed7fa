"""What tests of several folders use. Fixtures stand in the conftest of their folder, and nothing imports out of one."""
